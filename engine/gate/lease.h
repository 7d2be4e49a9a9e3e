#ifndef RIPOSTE_GATE_LEASE_H
#define RIPOSTE_GATE_LEASE_H

#include "base/hash.h"
#include "gate/judge.h"
#include "journal/lease.h"

/*
 * Remediations in force: who holds them, until when. One lease for an action
 * and its target: who asks for the same once more joins it, and nothing
 * starts; who asks for something else is refused. Its undo is owed from the
 * intent on, whatever comes of the action, except that it was not started.
 *
 * The gate makes, joins and settles leases; whoever keeps them (flow/lease)
 * undoes them when nobody holds them any more.
 */
struct leases;

enum lease_state {                 /* the order of lease_state_names */
                   LEASE_STARTING, /* its action is under way */
                   LEASE_IN_FORCE,
                   LEASE_DRIFTED,   /* it was in force, and is gone */
                   LEASE_UNCERTAIN, /* its action failed, or nobody knows */
                   LEASE_UNDOING,   /* its undo is under way */
                   LEASE_DOUBTFUL,  /* nobody knows whether it is undone */
                   LEASE_FAILED,    /* its undo failed; it is tried again */
                   LEASE_STUCK,     /* a person has to undo it */
                   LEASE_ENDED,
};
extern const char *const lease_state_names[];

/* What is done about its drift: once for each, whatever comes of it. */
enum lease_restored {                 /* the order of lease_restored_names */
                      RESTORED_NOT,   /* nothing */
                      RESTORED_BEGUN, /* its run asks for the action */
                      RESTORED_DONE,  /* that ended well; Verify is to say
                                         whether it helped */
                      RESTORED_FAILED /* it did not */
};
extern const char *const lease_restored_names[]; /* NULL: RESTORED_NOT */

struct lease_owner {
    int64_t run, step; /* as in journal_owner */
    int64_t until;
};

struct lease {
    struct lease *prev, *next; /* the leases' */
    struct str key;            /* the table's */
    int64_t number;
    char *plugin, *action, *target; /* owned; target: or NULL */
    char same[HASH_HEX];
    char *params; /* owned: JSON */
    char *set;    /* owned: its hash */
    int64_t started, ended;
    enum lease_state state;
    int64_t attempts, retry;
    char *verified; /* owned: what its Verify said last, or NULL */
    int64_t checked;
    char *error;                /* owned, or NULL */
    struct lease_owner *owners; /* owned */
    size_t nowners, cap;
    unsigned under_way; /* of its action: intents without a result */
    bool look;          /* somebody asks for its Verify: the keeper's to take */
    bool quiet;         /* an event started it last: see gate_ask */
    char *policy;       /* owned: that started it last; NULL: none */
    int64_t drifted;    /* since when it is gone; 0: it is not */
    int64_t restore;    /* the run that puts that right; 0: none */
    enum lease_restored restored;
    void *keeper; /* whoever keeps it */
};

struct leases *leases_new(struct journal *journal);
void leases_free(struct leases *leases);
/* What the journal has. */
int leases_load(struct leases *leases, struct error *error);
/* Is told of every lease that has changed, and of those loaded now. One that
 * has ended is freed when that returns. */
void leases_keep(struct leases *leases,
                 void (*changed)(void *arg, struct lease *lease), void *arg);
struct lease *leases_first(const struct leases *leases); /* then next */
struct lease *leases_find(struct leases *leases, int64_t number); /* or NULL */

/* Is it one that has to be held by a lease? */
bool lease_wanted(const struct gate_ask *ask);
/* Why it cannot be, or NULL: RULE_LEASE, and the reason in error. *join: one
 * that is in force with equal parameters, or NULL. */
const char *lease_judge(struct leases *leases, const struct gate_ask *ask,
                        const struct judged *judged, struct lease **join,
                        struct error *error);

/* The same, of one whose undo is under way and that has no target, so that no
 * lane keeps the two apart. */
const char *lease_undoing(struct leases *leases, const struct gate_ask *ask,
                          const struct judged *judged, struct error *error);
/* Equal for equal parameters. */
void lease_same(const struct action *action, const struct values *values,
                char same[HASH_HEX]);

/* In the transaction of the step: the ask holds it. */
void lease_join(struct leases *leases, struct lease *lease,
                const struct gate_ask *ask);
/* In the transaction of the intent: a new one, or that which there is. A run
 * that puts a drift right does not come to hold it. */
struct lease *lease_start(struct leases *leases, const struct gate_ask *ask,
                          const struct judged *judged);
/* In the transaction of the answer. */
void lease_settle(struct leases *leases, struct lease *lease, int64_t run,
                  unsigned step, enum step_status status);
/* What an earlier engine left: the lease whose action that step is, which is
 * settled once somebody knows what came of it; NULL: of none. */
struct lease *lease_take_up(struct leases *leases, int64_t run, unsigned step);

/* In the transaction of an answer: that action was carried out, because
 * somebody asked for it; leases that it takes back have ended. */
void lease_undone(struct leases *leases, const struct action *action,
                  const struct judged *judged);

/* Its drift is over, or another may begin: the journal hears of it with the
 * next change. */
void lease_forget_drift(struct lease *lease);

/* Until when somebody holds it; 0: until it is ended; -1: nobody. */
int64_t lease_until(const struct lease *lease);
/* Is its undo to be started at that time? */
bool lease_due(const struct lease *lease, int64_t now);
/* Its new state is journalled; why: for the audit. */
void lease_change(struct leases *leases, struct lease *lease,
                  enum lease_state state, const char *why);

/* What people do to it, without an engine: they hold it that long; nobody
 * holds it any more, and its undo is owed now, however often it failed; it is
 * to be verified again. */
void lease_extend(struct leases *leases, struct lease *lease, int64_t until);
void lease_let_go(struct leases *leases, struct lease *lease);
void lease_look_again(struct leases *leases, struct lease *lease);

#endif
