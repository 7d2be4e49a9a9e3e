#ifndef RIPOSTE_POLICY_THRESHOLD_H
#define RIPOSTE_POLICY_THRESHOLD_H

#include "model/alarm.h"
#include "policy/policy.h"

/*
 * Sliding-window counts, per policy and value of `by`. Held in memory, each
 * change handed out as a journal row, so that they survive a restart and a
 * reload (the counter's name is policy->counter).
 */
struct thresholds;

enum {
    THRESHOLD_KEYS_MAX = 65536, /* keys a counter keeps; an attacker chooses
                                   them, so the longest idle one makes room */
};

struct threshold_change {
    const char *counter;
    struct str key;   /* both until the next call */
    struct str state; /* empty: the row goes */
};

/* What became of an alarm that matched. */
enum threshold_verdict { /* the order of threshold_verdict_names */
                         THRESHOLD_LACKS,  /* it has no value for one of `by` */
                         THRESHOLD_LATE,   /* it is too old; time: the newest */
                         THRESHOLD_SILENT, /* time: until when its key is */
                         THRESHOLD_COUNTED, /* n: how many there were with it */
                         THRESHOLD_COMPLETE, /* it starts a run; time: until
                                                when its key is silent */
};
extern const char *const threshold_verdict_names[];
struct threshold_said {
    enum threshold_verdict verdict;
    int64_t n;
    int64_t time;
};

struct thresholds *thresholds_new(void);
void thresholds_free(struct thresholds *thresholds);
/* A row as it was handed out before. Past THRESHOLD_KEYS_MAX rows of a counter
 * the one loaded first goes. */
int thresholds_load(struct thresholds *thresholds, const char *counter,
                    struct str key, struct str state, struct error *error);

/* Counts one alarm that matched. Returns true where it completes the count,
 * so that a run starts. changes (at most 2: the row, and one that made room)
 * are to be written in the transaction that inserts the run. */
bool thresholds_count(struct thresholds *thresholds,
                      const struct policy *policy, const struct alarm *alarm,
                      struct threshold_change changes[2], size_t *nchanges);
/* What the last thresholds_count found. */
struct threshold_said thresholds_said(const struct thresholds *thresholds);

#endif
