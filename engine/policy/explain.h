#ifndef RIPOSTE_POLICY_EXPLAIN_H
#define RIPOSTE_POLICY_EXPLAIN_H

#include "model/alarm.h"
#include "model/json.h"

/*
 * Why is a policy's `on` for an alarm, or is it not? For people who ask later:
 * slower than the index (match.h), with the same result, and with reasons.
 */

/* A condition that does not hold. All but error and the array lives in the
 * trees of the policy and of the alarm. */
struct explain_failure {
    const struct json *written; /* the member of `on`: key, condition, line */
    const struct json **values; /* owned array: what the alarm has there */
    size_t len, cap;            /* 0: nothing */
    const char *test;           /* see condition_why */
    const struct json *value;
    char *error; /* owned: why its expression could not tell, or NULL */
};

/* One table of `on`. */
struct explain_table {
    unsigned line;
    size_t len;                       /* of the failures; 0: it holds */
    struct explain_failure *failures; /* owned */
};

struct explained {
    bool matched;
    size_t len;
    struct explain_table *tables; /* owned: of a list each, else one */
};

/* Fills what explained_clear ends; negative where `on` is none that
 * match_add takes. */
int explain_on(const struct json *on, const struct alarm *alarm,
               const char *where, struct explained *explained,
               struct error *error);
void explained_clear(struct explained *explained);

#endif
