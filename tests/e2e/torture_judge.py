"""What holds of a Stand of torture.py whoever was killed."""

import collections
import json

import e2e

VERBS = ["block", "ban", "ask", "spend", "unban"]


class Verdict:
    """What is wrong, in words; and what was counted."""

    def __init__(self, stand, name):
        self.stand, self.name, self.wrong = stand, name, []
        self.log = [line.split() for line in
                    stand.site.lines("state/recorder/log")]
        self.began = self._count(lambda verb: verb in VERBS)
        self.ended = self._count(lambda verb: verb.endswith("-ended"))
        self.steps = [
            (json.loads(request), status, started, cause) for
            request, status, started, cause in stand.ask(
                "SELECT request, status, steps.started, cause FROM steps"
                " JOIN runs USING (run) WHERE kind = 'action'")]
        self.unknown = collections.Counter(
            self._of(request) for request, status, _, _ in self.steps
            if status == "Unknown")
        self.lost = self.twice = self.forgotten = 0
        self._alarms()
        self._remediations()
        self._undos()
        self._unknown()
        self._journal()

    def _count(self, wanted):
        return collections.Counter(
            (verb.removesuffix("-ended"), key) for verb, key, _ in self.log
            if wanted(verb))

    @staticmethod
    def _of(request):
        return request["action"].lower(), request["params"].get("Key")

    def _say(self, wrong, text):
        if wrong:
            self.wrong.append("%s: %s" % (text, wrong))

    def _alarms(self):
        """One run each, whoever was killed."""
        rows = self.stand.ask(
            "SELECT raw, count(run) FROM alarms LEFT JOIN runs ON alarm = seq"
            " AND policy IS NOT NULL GROUP BY seq")
        runs = collections.Counter()
        for raw, count in rows:
            runs[json.loads(raw)["n"]] += count
        sent = range(len(self.stand.sent))
        lost = [n for n in sent if not runs[n]]
        twice = [n for n in sent if runs[n] > 1]
        self.lost += len(lost)
        self.twice += len(twice)
        self._say(lost, "alarms without a run")
        self._say(twice, "alarms with two")
        self._say(len(rows) - len(sent), "more or fewer alarms than were sent")
        self._say(self.stand.ask("SELECT run FROM runs WHERE outcome IS NULL"),
                  "runs left open")

    def _remediations(self):
        """Each began once or is Unknown. (What was agreed to and what a budget
        let through, too.)"""
        # An undo of which nobody knows is a person's business, who may ask
        # for it again.
        twice = [what for what, n in self.began.items() if n > 1 and
                 not (what[0] == "unban" and self.unknown[what])]
        self.twice += len(twice)
        self._say(twice, "remediations that began twice")
        answered = {self._of(request) for request, status, _, _ in self.steps
                    if status == "Not started"}
        silent = set(self.stand.sent) - set(self.began) - set(self.unknown)
        # Verify has found that it was not done, so its policy was told so.
        silent -= {what for what in answered if what[0] == "ban"}
        self.lost += len(silent)
        self._say(sorted(silent), "remediations that were forgotten")
        cut = [what for what in self.began if what[0] not in ("ban", "unban")
               and not self.ended[what] and not self.unknown[what]]
        self._say(cut, "remediations that were cut off and are not Unknown")

    def _undos(self):
        at = {(verb, key): n for n, (verb, key, _) in enumerate(self.log)}
        undone = [key for verb, key in self.began if verb == "ban" and
                  at.get(("unban", key), -1) > at["ban", key]]
        owed = [key for verb, key in self.began if verb == "ban"]
        forgotten = sorted(set(owed) - set(undone))
        self.owed, self.forgotten = len(owed), len(forgotten)
        self._say(forgotten, "undos that were forgotten")
        self._say(self.stand.ask("SELECT lease, state FROM leases WHERE ended"
                                 " IS NULL"), "leases that have not ended")

    def _unknown(self):
        """There is one only where an executor or a slot was killed."""
        if self.name.startswith("ENGINE"):
            self._say([life for life in self.stand.lives if life.lethal],
                      "an executor did not end well")
        lethal = [(life.begun, life.ended) for life in self.stand.lives
                  if life.lethal]
        odd = [self._of(request) for request, status, started, _ in self.steps
               if status == "Unknown" and
               not any(a <= started <= b for a, b in lethal)]
        self._say(odd, "Unknown though only engines died")

    def _journal(self):
        whole = self.stand.ask("PRAGMA integrity_check")
        self._say(whole != [("ok",)] and whole, "the journal")
        audit = self.stand.command("audit", "verify")
        self._say(audit.status and audit.out + audit.err, "audit verify")


def row(verdicts):
    """A table's line: of one point's stands, or of all."""
    stands = [v.stand for v in verdicts]
    return (sum(len(s.sent) for s in stands), sum(v.lost for v in verdicts),
            sum(v.twice for v in verdicts), sum(v.owed for v in verdicts),
            sum(v.forgotten for v in verdicts),
            sum(sum(v.unknown.values()) for v in verdicts))


def report(name, verdicts):
    wrong = [text for v in verdicts for text in v.wrong]
    e2e.ok(not wrong, "%s: nothing lost, nothing twice" % name,
           "\n".join(wrong))
