#ifndef RIPOSTE_GATE_PENDING_H
#define RIPOSTE_GATE_PENDING_H

#include "gate/budget.h"
#include "gate/gate.h"
#include "gate/judge.h"
#include "gate/lane.h"
#include "gate/lease.h"

#include "base/table.h"

/*
 * What the gate works on, for gate.c: one requested action, its life, and
 * what the journal is told of it.
 */
enum { STEP_TEXT = 40 }; /* "r", 19 digits, ".", 10 digits, NUL */

/*
 * One requested action, from gate_ask until what it has to say is committed.
 * Its way: answered at once (refused, dry), or: a lane, the intent, the job,
 * the result, the answer. Two things can refer to it from outside: a lane's
 * ticket, and at most one callback of the journal.
 */
struct pending {
    struct pending *prev, *next; /* of the gate's list */
    struct gate *gate;           /* NULL: gone, before the journal's callback */
    struct gate_ask *ask;        /* the caller's, until done */
    const struct action *action;
    char step[STEP_TEXT];
    struct judged judged;   /* owned: values, command line, target */
    struct budget_use *use; /* its share of the budgets, or NULL */
    struct lease *lease;    /* that it started, or joins; or NULL */
    struct answer *answer;  /* owned: given at once, or to be settled */
    struct ticket ticket;
    bool in_lane;
    bool journalling;   /* a callback of the journal will come */
    bool recorded;      /* an earlier engine wrote the intent */
    const char *barred; /* the rule by which it may not start any more; NULL:
                           it may */
    struct error *why;  /* owned: why, where it is barred; or NULL */
};

struct gate {
    struct gate_config config;
    struct exec_client *client; /* or NULL: there is no executor */
    struct guards *guards;      /* owned reference, or NULL */
    char *pause;                /* owned: the rule; NULL: there is none */
    int64_t paused;             /* since when */
    struct budgets *budgets;
    struct leases *leases;
    struct lanes *lanes;
    struct table *jobs; /* step to pending, for those with an intent */
    struct pending *all;
    size_t waiting;
    bool stopped;
    bool lost;
};

/* gate.c: with the intent committed, the job is sent; an answer is handed over
 * once it is committed. */
void gate_send(void *pending);
void gate_answer(struct pending *pending, struct answer *answer);
void gate_enter(struct pending *pending); /* its lane */

/* result.c: what the executor says. */
void gate_take_result(void *gate, const struct result *result);
void gate_take_output(void *gate, const struct output *piece);

struct pending *pending_new(struct gate *gate, struct gate_ask *ask);
void pending_free(struct pending *pending);
void pending_unlink(struct pending *pending); /* of its gate */
void pending_leave_lane(struct pending *pending);
/* The journal's callback has come. False where the gate has gone before, and
 * now the pending too. */
bool pending_committed(struct pending *pending);

/* The intent, with what it uses of the budgets, and its lease. */
void pending_write_intent(struct pending *pending, journal_done_fn done);
/* It does not start after all: what it reserved of the budgets. */
void pending_give_back(struct pending *pending);
/* A step that is answered at once, without an intent. */
void pending_write_answered(struct pending *pending, journal_done_fn done);
/* The answer to an intent. */
void pending_write_answer(struct pending *pending, const struct answer *answer,
                          journal_done_fn done);

#endif
