#ifndef RIPOSTE_GATE_GATE_H
#define RIPOSTE_GATE_GATE_H

#include "exec/client.h"
#include "gate/check.h"
#include "gate/guards.h"
#include "journal/journal.h"
#include "model/step.h"

/*
 * The one place where a requested action is checked, limited, or refused,
 * and there is no way around it: policies, manual runs and dry runs all come
 * through gate_ask. In this order: available, parameters typed, never-act,
 * budgets, approval, lane, intent committed, job sent; then the result is
 * journalled and handed over.
 */
struct gate;

/* What actions of a set are started with. Owned by the set. */
struct gate_site {
    const char *path;    /* $PATH of actions */
    const char *state;   /* absolute path of the site's state folder */
    const char *secrets; /* and that of its secrets */
    const struct words *secret_command; /* no words: there is none */
    /* NAME=value words of env[PLUGIN], or NULL. */
    const struct words *(*env)(void *arg, const struct plugin *plugin);
    void *arg;
};

struct gate_config {
    uv_loop_t *loop;
    struct journal *journal;
    unsigned total; /* lanes; 0: LANES_TOTAL */
    /* The executor is gone: nothing can be started any more. */
    void (*lost)(void *arg, const struct error *error);
    void *arg;
};

enum gate_mode {
    GATE_LIVE,
    GATE_DRY, /* remediations are answered STEP_DRY, context actions run */
    GATE_SHOW /* nothing starts: everything is answered STEP_DRY */
};

enum gate_way {
    GATE_ASKED, /* every rule holds */
    GATE_UNDO   /* the Undo or the Verify of what is in force: availability,
                   types, lane and journal only */
};

/* One requested action. The caller fills it, owns it, and keeps it until
 * done was called. */
struct gate_ask {
    int64_t run;
    unsigned step;
    unsigned attempt; /* 0 or 1: the first; one more each time that a person had
                         it asked again because nobody knew what came of it.
                         That answers budgets and approvals; and as the one
                         before may have started, it counts once more. */
    enum gate_mode mode;
    enum gate_way way;
    const char *policy;           /* its name; NULL: a manual run */
    const char *set;              /* the hash of its set, for leases */
    const struct words *answered; /* rules that people agreed to: texts of an
                                     earlier need; or NULL */
    const int64_t *approvals;     /* that these are of; used with the intent */
    size_t napprovals;
    bool quiet; /* an event started the run: what comes of it is no event, so
                   that none leads to itself */
    const struct request *request; /* REQUEST_ACTION */
    const struct alarm *alarm;     /* for DefaultInput, or NULL */
    const struct gate_site *site;
    /* It has its lane: is it still to be started? May be NULL: yes. No: it is
     * answered as not started. */
    bool (*wanted)(void *arg);
    /* Its answer is being journalled: what is written now shares that
     * transaction. May be NULL. */
    void (*answering)(void *arg, const struct answer *answer);
    /* It has a lane, its intent is committed, it was sent. May be NULL. */
    void (*started)(void *arg, const struct argv *argv);
    /* What the action writes, as it comes, secrets as ***. stream: 1 or 2. May
     * be NULL: nobody looks on. */
    void (*output)(void *arg, int stream, struct str bytes);
    /* A remediation ran into its time-out, and has a Verify: asks for that, and
     * then gate_settle, which answers. Where none is asked, or can be (NULL),
     * it is Unknown. */
    void (*doubtful)(void *arg);
    /* Once, never from inside gate_ask. The answer is the callee's; argv
     * (NULL where there could be none) is the gate's, during the call. The
     * step is queued to the journal already. */
    void (*done)(void *arg, struct answer *answer, const struct argv *argv);
    void *arg;
};

/* fd: the executor's socket (see exec_client_inherited), or -1 where nothing
 * will be started. Before the journal's first write. */
int gate_new(struct gate **gate, const struct gate_config *config, int fd,
             struct error *error);
/* What was not answered stays unanswered. Before or after journal_close; not
 * from inside a callback of the gate. */
void gate_free(struct gate *gate);

/* The guards in force, for every ask from now on, whatever set its run has.
 * Takes a reference of its own; NULL: none. */
void gate_set_guards(struct gate *gate, struct guards *guards);

/* From now on, until NULL, a person has to agree to every remediation that a
 * policy asks for, and what waits for its lane is refused. Undo and Verify go
 * on, and what people ask for themselves. At first it is as the journal has
 * it. */
struct journal_pause;
void gate_pause(struct gate *gate, const struct journal_pause *pause);
/* Since when; 0: it is not. */
int64_t gate_paused(const struct gate *gate);

/* True: taken, and answered once, later. False: a person has to decide first
 * and need, zeroed before, says about what; nothing was written, counted or
 * kept, and the ask may be asked again with `answered`. */
bool gate_ask(struct gate *gate, struct gate_ask *ask, struct gate_need *need);

/* Is that the executor that this gate talks to? Then a step which an earlier
 * engine may have sent it runs there, or its result is kept, or it never was
 * sent. */
bool gate_knows(const struct gate *gate, uint64_t incarnation);

/* An intent that an earlier engine left without an answer, in the row of
 * ask->run and ask->step. known: of the executor that this gate talks to; then
 * it holds its lanes from now on, and starts only if it never did; otherwise
 * it is started once more. What cannot be agreed away (availability, types,
 * never-act) is judged anew, by the guards in force: what starts now has to
 * pass. What was counted or agreed to with the intent holds, and is given back
 * where it is refused. Answered once, later, as by gate_ask. */
void gate_resume(struct gate *gate, struct gate_ask *ask, bool known);

/* What the Verify of a doubtful one says: Executed, Timed out, Unknown. */
enum gate_verified { GATE_IN_FORCE, GATE_NOT_IN_FORCE, GATE_CANNOT_TELL };
/* What a Verify's answer (NULL: it has none) says: exit 0, 1, or anything
 * else. A script that dies of an error of its own exits 1 too, and says so on
 * stderr: that does not tell. */
enum gate_verified gate_verified_by(const struct answer *answer);
void gate_settle(struct gate *gate, const struct gate_ask *ask,
                 enum gate_verified verified);

/* It turned out that the step of an earlier engine did not start: what it used
 * of the budgets is given back. */
void gate_give_back(struct gate *gate, int64_t run, unsigned step);

/* What gate_ask would say now, without taking anything: the rule that refuses
 * and the reason in error, or NULL; then need has the rules that a person
 * would have to agree to (none: it could start), and argv and target. */
const char *gate_judge(struct gate *gate, const struct gate_ask *ask,
                       struct gate_need *need, struct error *error);

/* Remediations in force; see gate/lease.h. */
struct leases *gate_leases(struct gate *gate);

/* No further job is started: what waits for a lane stays unanswered (its
 * run is still open in the journal). Jobs whose intent is written go on. */
void gate_stop(struct gate *gate);

size_t gate_running(const struct gate *gate); /* intent written, no answer */
size_t gate_waiting(const struct gate *gate); /* wait for a lane */

/* Secrets as ***: the argv as a JSON array, for journal and --json. */
void gate_argv_write(const struct argv *argv, struct buf *buf);

#endif
