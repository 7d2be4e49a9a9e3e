"""What becomes of an action run by hand: SmartResponse's rules of success
(section 6 of its reference), and what an overlay changes about them.

Prints TAP.
"""

import os

import e2e
from e2e import alive, attempt, equal, plugin, wait_until

SCRIPTS = {
    "say.sh": 'echo out; [ -z "$2" ] || echo err >&2; exit "$1"\n',
    "term.sh": "echo out; kill -TERM $$\n",
    # Children that ignore TERM, one of them in a session of its own.
    "tree.sh": """trap '' TERM
echo $$ >> pids
sh -c 'trap "" TERM; echo $$ >> pids; while :; do read x < never; done' &
setsid sh -c 'trap "" TERM; echo $$ >> pids; while :; do read x < never; done' &
echo begun; echo trouble >&2
while :; do read x < never; done
""",
}


# Time for three shells to begin: more where it was too little.
TREE_SECONDS = (1, 4, 16, 64)


def site_of_results():
    site = e2e.site()
    both = ["Exit", "Complain"]
    plugin(site, "Results", {
        "Plain": {"script": "say.sh", "params": both},
        "Tolerant": {"script": "say.sh", "params": both, "stderr": "warning"},
        "Codes": {"script": "say.sh", "params": both, "success": "0 3 200"},
        "Not null": {"script": "say.sh", "params": both, "success": "3"},
        "Both": {"script": "say.sh", "params": both, "success": "3",
                 "stderr": "warning"},
        "Signal": {"script": "term.sh"},
        **{"Tree %ds" % seconds: {"script": "tree.sh", "grace": "1s",
                                  "kind": "context",
                                  "timeout": "%ds" % seconds}
           for seconds in TREE_SECONDS},
    }, SCRIPTS)
    os.mkfifo(site.path + "/plugins/results/never")
    return site


SITE = site_of_results()

# action, exit status, does it write to stderr; is that Executed?
RULES = [
    ("Plain", 0, False, True), ("Plain", 1, False, False),
    ("Plain", 255, False, False), ("Plain", 0, True, False),
    ("Plain", 1, True, False),
    ("Tolerant", 0, True, True), ("Tolerant", 1, True, False),
    ("Codes", 0, False, True), ("Codes", 3, False, True),
    ("Codes", 200, False, True), ("Codes", 1, False, False),
    ("Codes", 3, True, False),
    ("Not null", 3, False, True), ("Not null", 0, False, False),
    ("Both", 3, True, True), ("Both", 0, True, False),
]


def act(action, *words):
    return e2e.run(SITE, "act", "Results", action, *words)


def params(code, complains):
    return ["-p", "exit=%d" % code, "-p",
            "complain=%s" % ("yes" if complains else "")]


for action, code, complains, executed in RULES:
    words = params(code, complains)
    result = act(action, "--json", *words)
    step, = result.of("step")
    name = "%s, exit %d%s" % (action, code,
                              ", with stderr" if complains else "")
    equal((step["status"], step["exit"], step["stdout"], step["stderr"],
           result.status),
          ("Executed" if executed else "Failed to Execute", code, "out\n",
           "err\n" if complains else "", 0 if executed else 1), name)
    # A word for people says the same.
    text = act(action, *words)
    lines = text.out.splitlines()
    e2e.ok(text.status == result.status and "stdout: out" in lines
           and ("stderr: err" in lines) == complains
           and any(line.startswith("status: %s, exit %d"
                                   % (step["status"], code))
                   for line in lines), name + ": in words", text.out)


def a_failure_says_why():
    for words, wanted in ((params(0, True), "it wrote to stderr"),
                          (params(7, True), "exit status 7")):
        step, = act("Plain", "--json", *words).of("step")
        assert step["error"] == wanted, step
        assert ": " + wanted in act("Plain", *words).out


def a_signal_is_a_failure():
    result = act("Signal", "--json")
    step, = result.of("step")
    assert (step["status"], step["exit"], step["signal"], result.status) == \
        ("Failed to Execute", None, 15, 1), step


def tree(*words):
    """Its result, and the processes that there were."""
    pids = []
    for seconds in TREE_SECONDS:
        result = act("Tree %ds" % seconds, *words)
        if os.path.exists(SITE.path + "/plugins/results/pids"):
            pids = [int(line) for line in SITE.lines("plugins/results/pids")]
            os.unlink(SITE.path + "/plugins/results/pids")
        if len(pids) == 3 and "begun" in result.out and \
                "trouble" in result.out:
            break
    return result, pids


def a_time_out_kills_the_whole_tree():
    for words in (["--json"], []):
        result, pids = tree(*words)
        assert len(pids) == 3, pids
        assert wait_until(lambda: not any(alive(pid) for pid in pids)), pids
        assert result.status == 1, result.out
        if words:
            step, = result.of("step")
            assert (step["status"], step["stdout"], step["stderr"]) == \
                ("Timed out", "begun\n", "trouble\n"), step
        else:
            assert "status: Timed out" in result.out, result.out
            assert "stdout: begun\n" in result.out, result.out
            assert "stderr: trouble\n" in result.out, result.out


def output_over_what_is_kept_is_shown_and_said():
    where = e2e.site()
    plugin(where, "Much", {"Print": {"script": "much.py",
                                     "params": ["Lines"]}},
           {"much.py": "import sys\n"
                       "for i in range(int(sys.argv[1])):\n"
                       "    print('%063d' % i)\n"})
    # 64 KiB are kept: 1024 lines of 64 bytes, and one more.
    for lines, cut in ((1024, False), (1025, True)):
        result = e2e.run(where, "act", "Much", "Print", "-p",
                         "lines=%d" % lines)
        assert result.status == 0, result.err
        shown = [line for line in result.out.splitlines()
                 if line.startswith("stdout: 0")]
        assert len(shown) == lines, len(shown)
        assert ("only the first 64 KiB are kept" in result.out) == cut


attempt("a failure says why", a_failure_says_why)
attempt("a signal is a failure", a_signal_is_a_failure)
attempt("a time-out kills the whole tree", a_time_out_kills_the_whole_tree)
attempt("output over what is kept is shown, and said",
        output_over_what_is_kept_is_shown_and_said)
e2e.done()
