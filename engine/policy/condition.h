#ifndef RIPOSTE_POLICY_CONDITION_H
#define RIPOSTE_POLICY_CONDITION_H

#include "base/buf.h"
#include "model/alarm.h"

/*
 * One condition of a policy's `on`: what a field's values must be like. The
 * operators stand in one table (condition_parse.c) and in docs/policies.md.
 */
struct condition;

/* node is the member of `on`: its key names the field. The tree must outlive
 * the condition. */
int condition_parse(struct condition **condition, const struct json *node,
                    const char *where, struct error *error);
void condition_free(struct condition *condition); /* NULL is fine */

/* What an alarm has under a key of `on`: calls each until it returns false.
 * several: whether the key has `[]` in it. */
bool condition_several(struct str key);
void condition_values(const struct alarm *alarm, struct str key, bool several,
                      bool (*each)(void *arg, const struct json *value),
                      void *arg);

/* Does the field with these values (none: absent) fulfil it? A regular
 * expression that is too costly does not match; error tells, where it does
 * not tell of another already. */
bool condition_holds(const struct condition *condition,
                     const struct json *const *values, size_t len,
                     struct error *error);

/* The same, and where it does not hold, why. */
struct condition_why {
    const char *test; /* the operator that failed, also "exists" and "none";
                         NULL: no value passes all of them */
    const struct json *value; /* that failed it; NULL: there is no such one */
};
bool condition_explain(const struct condition *condition,
                       const struct json *const *values, size_t len,
                       struct condition_why *why, struct error *error);

/* Whether it has a regular expression: to be asked after the others. */
bool condition_costly(const struct condition *condition);

/* The index-th value, one of which the field must equal exactly; NULL behind
 * the last, and where the condition is of another kind. */
const struct json *condition_equal(const struct condition *condition,
                                   size_t index);

/* Appends bytes that are the same for two values exactly where they are equal
 * in the sense of `on`; false where the value (null, a list, a table) equals
 * none. */
bool condition_key(const struct json *value, struct buf *key);

#endif
