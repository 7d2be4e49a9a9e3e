#ifndef RIPOSTE_FLOW_WHY_H
#define RIPOSTE_FLOW_WHY_H

#include "flow/set.h"
#include "journal/in_force.h"
#include "policy/explain.h"
#include "policy/threshold.h"

/*
 * Why an alarm of the journal started what it did: each policy of the set that
 * it was matched by, its conditions, its threshold. Nothing is matched, counted
 * or written anew.
 */
struct why_policy {
    const struct policy *policy;
    bool matched;
    /* Why it did not have a say, whatever its `on`; or NULL. */
    const char *apart;
    struct explained explained; /* of its `on`, where it had a say */
    const char *lacks; /* of the threshold's `by` what the alarm does not have,
                          or NULL */
    bool counted;      /* what its threshold said then is known: */
    enum threshold_verdict verdict;
    int64_t n, time; /* see struct threshold_said */
};

struct why {
    struct journal_alarm_row row; /* its texts are owned */
    bool fresh;                   /* it is not matched yet */
    bool noted; /* since and until are known; the set was in force: */
    char *hash; /* owned; NULL: nobody knows which set it was */
    int64_t since, until;
    struct json_doc *only; /* owned: the policies that might run, or NULL */
    struct set *set;       /* owned reference; NULL: it cannot be had */
    struct alarm *alarm;   /* owned reference; NULL: it cannot be decoded */
    struct error unknown;  /* why one of these is NULL */
    struct why_policy *policies; /* owned: by name */
    size_t len;
};

/* The one alarm whose id begins so: ERROR_NOT_FOUND where there is none, or
 * more than one. site: absolute path. Before the journal's first write. */
int why_read(struct why *why, struct journal *journal, const char *site,
             const char *prefix, struct error *error);
void why_clear(struct why *why);

#endif
