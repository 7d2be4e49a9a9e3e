#ifndef RIPOSTE_FLOW_FLOW_INNER_H
#define RIPOSTE_FLOW_FLOW_INNER_H

#include "flow/due.h"
#include "flow/flow.h"
#include "policy/state.h"
#include "policy/threshold.h"

/*
 * What the flow's files share (quarantine, accept, match, run, home, recover,
 * schedule, flow). Everything happens in the loop's thread.
 *
 * An alarm's way: accept.c decodes it and has it journalled with its batch;
 * match.c finds its policies and has the runs journalled; run.c drives them.
 * Two rules keep this simple. Policy states are entered from flow_turn alone
 * (see task), never from inside a callback. Whatever the journal calls back
 * is counted in flow->writes, so that a flow that is being freed can wait for
 * it.
 */
struct home;
struct host;
struct batch;
struct schedule;

struct keeper;
struct keeping;

#define FLOW_NO_POLICY SIZE_MAX

/* Who wanted a run: somebody, or the engine itself for a lease. */
enum run_cause { CAUSE_ASKED, CAUSE_UNDO, CAUSE_VERIFY, CAUSE_RESTORE };
extern const char *const run_cause_names[]; /* NULL: CAUSE_ASKED */
enum run_cause run_cause_find(const char *name);

enum {
    FLOW_BATCH_MAX = 512,      /* alarms of one write: a group of the journal */
    FLOW_UNDECIDED_MAX = 4096, /* alarms accepted, not matched yet: enough to
                                  keep the writer thread busy */
    FLOW_UNDECIDED_BYTES = 64 * 1024 * 1024, /* of their records, however few;
                                                decoded they take a few times
                                                as much */
    FLOW_TURN_MAX = 64,                   /* tasks before the loop looks at its
                                             descriptors again; each may take a slice */
    FLOW_RESULTS_MAX = 16 * 1024 * 1024,  /* bytes of results of one run */
    FLOW_REQUESTS_MAX = FLOW_RESULTS_MAX, /* of its requests, which are kept as
                                             long */
    FLOW_LATE_MAX = 60 * 60 * 1000, /* ms: what was meant for a time is rarely
                                       meant for an hour later */
    FLOW_RUN_TEXT = 24,             /* "r", 20 digits, NUL */
};
/* ms that a run lasts: what it knows of its alarm is stale by then, and a run
 * that nobody answers would be taken up at every start for ever. */
#define FLOW_RUN_MAX (INT64_C(30) * 24 * 60 * 60 * 1000)

/* A step as the run's memory has it: what a policy is fed again when its
 * coroutine has to start over. */
struct step {
    struct buf request;     /* canonical JSON; empty: not asked yet */
    struct answer *answer;  /* owned; NULL: not known yet */
    enum request_kind kind; /* of what an earlier process asked */
    uint64_t incarnation;   /* 0: nothing was sent to an executor */
    unsigned attempt;       /* as in gate_ask */
    int64_t due;            /* when it is over by itself; 0: never */
    bool recorded;          /* by an earlier process, and not shown since */
    bool left;              /* an intent of an earlier process, of which the
                               record does not have everything */
    bool again;             /* an earlier process asked it, and sent nothing */
    bool awaited;           /* the policy's state waits for the answer */
};

/* What a person has to decide, or has agreed to. */
enum approval_state {
    APPROVAL_OPEN,
    APPROVAL_APPROVED, /* and not used yet */
    APPROVAL_REFUSED,  /* a person said no, or nobody said anything in time */
    APPROVAL_USED
};
struct approval {
    struct due due;        /* when it is a no */
    struct approval *next; /* of the run's list, by number */
    struct run *run;       /* an owned reference while it waits */
    bool waits;            /* for people, or for its due */
    int64_t number;
    unsigned step; /* that waits for it, or waited */
    bool question; /* riposte.approve's; else its step's own */
    enum approval_state state;
    int64_t expires;
    char *request; /* owned: the action's, canonical JSON; NULL: no action */
    char *argv;    /* owned, as of gate_need */
    char *target;  /* owned, or NULL */
    struct words rules;
    char *said; /* owned: why it is a no, or NULL */
};

/* What people agreed to that an action may use. Zeroed at first. */
struct agreed {
    struct words rules;
    int64_t *approvals; /* owned */
    size_t len, cap;
};

/* One policy on one alarm, or a manual run. Referenced by the flow while it
 * is open, by its tasks, and by its actions. */
struct run {
    struct run *prev, *next; /* of the flow's list */
    unsigned refs;
    struct flow *flow;
    int64_t number;
    char id[FLOW_RUN_TEXT];
    struct alarm *alarm; /* owned reference, or NULL */
    struct home *home;   /* holds the set */
    enum run_cause cause;
    int64_t lease; /* the number, where the cause is one */
    char *name;    /* owned: the policy's; NULL: a manual run */
    char *behalf;  /* owned: the policy by whose rules it is bound, where that
                      is not its own; or NULL */
    const struct policy *policy; /* NULL also where its set is lost */
    size_t index;                /* of the policy in the set */
    struct step *steps;          /* owned; [0] is step 1 */
    size_t nsteps, cap;
    size_t kept;            /* bytes of results */
    size_t requested;       /* bytes of requests */
    struct host *host;      /* the state that it lives in, or NULL */
    struct run *neighbour;  /* the next in that state */
    struct request *manual; /* owned: what a manual run asks, until then */
    int64_t started;        /* when it was matched or asked for */
    int64_t due;            /* when it asks; 0: at once */
    struct run *later;      /* the next that waits for its time */
    struct asked *asked;    /* owned: actions that the gate has */
    struct asked *verifies; /* what another run asked and this one looks at */
    struct asked *parked;   /* owned: actions that wait for a person */
    struct waited *waited;  /* owned: steps that wait for a time */
    struct approval *approvals; /* owned */
    unsigned waits;             /* steps that wait for a time or a person */
    unsigned tasks;             /* of the flow's that are this run's */
    struct due leave;           /* when it gives up its coroutine */
    struct due limit;           /* when it ends by itself */
    bool waiting;               /* it does not count as open */
    bool quiet;                 /* an event started it: it raises none */
    bool lost;                  /* nobody knows what came of one of its steps */
    bool begun;
    bool over;
    enum run_outcome outcome;
    char *error;    /* owned, or NULL */
    char *diverged; /* owned, or NULL: what differed from the record */
};

/* Something to be done in a turn of the loop: a run to be started (step 0),
 * or an answer to be handed over. */
struct task {
    struct run *run; /* owned reference */
    unsigned step;
};

/* Refused records since the last write about them: one record of the audit
 * for all, and one such write at a time, so that a flood costs nothing. */
struct refusals {
    size_t count;
    char *first;       /* owned: where the first one was, and why */
    struct hash *hash; /* owned: over their bytes; NULL: none */
    bool writing;
};

/* Leases that are verified because it is time for it. */
struct looks {
    bool on;                     /* the timer runs */
    size_t open;                 /* those that are under way */
    struct keeper *first, *last; /* those whose time has come, in order */
};

struct flow {
    struct flow_config config; /* without its set */
    char *quarantine;          /* owned path, or NULL */
    int quarantine_fd;         /* -1: not opened yet */
    bool quarantine_failed;    /* said so already */
    struct home *home;         /* of the set in force */
    struct home *homes;        /* all, the one in force among them */
    bool in_force;             /* the journal knows which one that is */
    struct thresholds *thresholds;
    struct schedule *schedule; /* owned */
    struct dues *dues;         /* owned */
    struct keeper *keepers;    /* owned: of leases */
    struct keeping *keeping;   /* owned: retention */
    struct looks looks;
    struct run *waiting; /* for their time, the first one first */
    uv_timer_t wait;     /* for the first */
    int64_t next_run, next_approval;
    struct flow_counts counts;
    struct batch *filling;      /* owned: what this turn offered, or NULL */
    struct positions positions; /* at the start */
    size_t undecided;           /* alarms offered, not matched yet */
    size_t undecided_bytes;     /* of their records */
    struct run *runs;           /* every run there is */
    size_t open;                /* of them, not over or not committed so */
    struct task *tasks;         /* owned ring */
    size_t first, ntasks, tasks_cap;
    uv_idle_t turn;          /* active while something is to be done */
    size_t writes;           /* callbacks that the journal owes us */
    struct refusals refused; /* that the audit has no record of yet */
    int64_t full; /* since when the journal's disk is; 0: it is not */
    bool was_ready;
    bool stopped;
    bool closing;
    unsigned handles; /* that are not closed */
};

/* flow.c */
void flow_wake(struct flow *flow); /* there is something for flow_turn */
void flow_add_task(struct flow *flow, struct run *run, unsigned step);
/* Tells whoever waits for it that the flow is idle, or ready again. */
void flow_note(struct flow *flow);
/* flow_write goes before every write with a callback, which calls
 * flow_written. That returns false where the flow is being freed: then it, and
 * every run, may be gone. */
void flow_write(struct flow *flow);
bool flow_written(struct flow *flow);

/* accept.c */
void flow_flush(struct flow *flow); /* what is offered goes to the journal */
/* Offers an alarm that has its id. Takes it. */
void flow_add_alarm(struct flow *flow, struct alarm *alarm, int64_t received,
                    const char *where, unsigned line);
/* The same, written at once: in the transaction of what is held. */
void flow_write_alarm(struct flow *flow, struct alarm *alarm, int64_t received,
                      const char *where);

/* quarantine.c: a record that is no alarm: said, counted, kept. */
void flow_quarantine(struct flow *flow, const char *source, struct str record,
                     const char *where, unsigned line, const char *reason);

/* record.c: the audit hears of a refused record, at the turn's end. */
void flow_record_refused(struct flow *flow, struct str record,
                         const char *where, unsigned line, const char *reason);
void flow_flush_refused(struct flow *flow);

/* match.c: the alarm is new and committed. */
void flow_match(struct flow *flow, struct alarm *alarm);
/* The alarm is no longer new, and no run begins. */
void flow_dismiss(struct flow *flow, const char *alarm);

/* run.c. index: of the policy, or FLOW_NO_POLICY. */
struct run *run_new(struct flow *flow, struct home *home, int64_t number,
                    struct alarm *alarm, size_t index);
void run_unref(struct run *run);
void run_task(struct run *run, unsigned step); /* carries one task out */
struct step *run_step(struct run *run, unsigned step);
/* At most once; committed, then said. error is copied, or NULL. */
void run_end(struct run *run, enum run_outcome outcome, const char *error);
/* An action was answered. A run's end is written once none of its actions is
 * under way: until then an engine that starts after a crash finds it open. */
void run_settle(struct run *run);
/* What was asked at a step is not what the record has, in words: nothing may
 * be started on the strength of it. The caller frees it. */
char *run_divergence(int64_t run, unsigned step, struct str asked,
                     struct str recorded);
void run_keep_answer(struct run *run, struct step *step, struct answer *answer);
/* What a manual run's only step says about the run. */
void run_end_manual(struct run *run, const struct answer *answer);
void run_say_step(struct run *run, unsigned step, const struct request *request,
                  const struct argv *argv, const struct answer *answer,
                  bool replayed);

/* manual.c: a manual run that is open, and begins when it is due: by then it
 * does not count as open. More than FLOW_LATE_MAX later it is aborted. */
void flow_wait(struct run *run);

/* wait.c */
/* Counts the run as open or as waiting, by what it has under way: after any
 * change of waits, asked or tasks. */
void run_consider(struct run *run);
void run_ask_wait(struct run *run, unsigned step,
                  const struct request *request);
/* The step is over at that time. */
void run_wait_until(struct run *run, unsigned step, int64_t when);
void run_free_waited(struct run *run);
/* The run begins, or goes on: FLOW_RUN_MAX after it began first it ends, as
 * aborted, once what is under way has its result. False: that is now. */
bool run_limit(struct run *run);
/* The step's row: asked, and nothing was sent. argv: JSON, or NULL. */
void run_write_asked(struct run *run, unsigned step, enum request_kind kind,
                     const char *argv);
void run_write_answer(struct run *run, unsigned step,
                      const struct answer *answer);

/* asked.c: answers a step, by the gate or at once. Takes the request. */
void run_ask(struct run *run, unsigned step, struct request *request);
void run_free_asked(struct run *run);
/* The step has no row yet. Takes the answer. */
void run_answer_now(struct run *run, unsigned step, enum request_kind kind,
                    struct answer *answer);
/* Those that wait for a person are forgotten. */
void run_drop_parked(struct run *run);
/* The action that waited for it goes on, or is Denied. */
void run_decided(struct run *run, const struct approval *approval);

/* approve.c */
void run_ask_approve(struct run *run, unsigned step,
                     const struct request *request);
/* The newest that the step waits for, unless it was used; or NULL. */
struct approval *run_approval(const struct run *run, unsigned step);
/* One of an earlier process; the caller fills it. */
struct approval *run_add_approval(struct run *run, int64_t number,
                                  unsigned step);
/* Opens one, in the transaction of its step. question: riposte.approve's, or
 * NULL: it is the step's own. action: what it is for, or NULL. */
struct approval *run_open_approval(struct run *run, unsigned step,
                                   const struct request *question,
                                   const struct request *action,
                                   const struct gate_need *need);
/* Until it is decided; at once where it is. */
void approval_wait(struct approval *approval);
/* recover_approve.c: a no, in words. The caller frees it. */
struct journal_decision;
char *approval_no(const struct journal_decision *row);
/* It waits, and its state says how it was decided: what waits for it goes on.
 */
void approval_settle(struct approval *approval);
void run_free_approvals(struct run *run);
/* The run ends: nobody waits any more. What is open stays so in the journal,
 * which may be told to open the run again. */
void run_give_up_approvals(struct run *run);
/* The same for good: what is open is a no. */
void run_close_approvals(struct run *run, const char *why);

/* agreed.c */
/* What people agreed to that this ask may use; takes agreed's place. */
void run_agreed(struct run *run, const struct gate_ask *ask,
                struct agreed *agreed);
void run_use_agreed(struct run *run, const struct agreed *agreed);
void agreed_clear(struct agreed *agreed);

/* home.c: a set in use, and the Lua states of its policies. */
struct home {
    struct home *next;
    struct set *set;     /* owned reference */
    bool *chosen;        /* owned: may this policy run (--policy)? */
    struct host **hosts; /* owned: by policy, where new runs start; or NULL */
    size_t runs;         /* that hold it */
    bool recorded;       /* the journal has the set */
};
struct host {
    struct home *home;
    size_t index; /* of the policy */
    struct policy_state *state;
    struct run *runs; /* that live in it, by neighbour */
    bool retired;     /* no run starts in it any more */
};

struct home *home_find(const struct flow *flow, const char *hash); /* NULL */
struct home *home_new(struct flow *flow, struct set *set);
void home_record(struct flow *flow, struct home *home);
/* Alarms are matched by the set in force from now on: the journal hears of it
 * with the first of them, so that it can be said later why one started what. */
void home_in_force(struct flow *flow);
void home_drop(struct flow *flow, struct home *home); /* if it is not needed */
void home_free(struct flow *flow, struct home *home);
/* Where runs of that policy start; NULL and the reason. */
struct host *home_host(struct home *home, size_t index, struct error *error);
void host_join(struct host *host, struct run *run);
void host_leave(struct run *run);
/* What has to be done after the state was entered: where it is spent, its
 * other runs start again elsewhere; where it is full, they do once they are
 * answered; where nobody needs it, it is freed. */
void host_settle(struct flow *flow, struct host *host);
/* A run was given up that the state still knows. */
void host_retire(struct host *host);

extern const struct policy_events run_events;

#endif
