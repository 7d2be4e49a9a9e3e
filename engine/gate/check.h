#ifndef RIPOSTE_GATE_CHECK_H
#define RIPOSTE_GATE_CHECK_H

#include "base/buf.h"
#include "model/argv.h"

/*
 * The gate's checks as pure functions. A refusal names a rule, an id that
 * journals, --json and policies can rely on.
 */
#define RULE_UNAVAILABLE "unavailable" /* interpreter or script is missing */
#define RULE_TYPE "type"               /* a value does not fit its type */
#define RULE_REQUIRED "required"       /* a required value is empty */
#define RULE_DASH "dash"               /* a value begins with '-' */
#define RULE_SECRET "secret"           /* a secret where none can be */
#define RULE_LIMIT "limit"             /* a value or all of them too long */
#define RULE_NEVER "never-act"         /* guards.lua: it is protected */
#define RULE_LEASE "lease"             /* its target is held by a lease */
#define RULE_PAUSE "pause"             /* policies act by nobody's leave */
#define RULE_BUDGET "budget"           /* guards.lua: it was done too often */

/* Does the value fit the parameter's type? The empty value fits every type. */
int check_value(const struct param *param, struct str value,
                struct error *error);

/* One value of an input, all rules of it: the rule that refuses, with the
 * parameter and the reason in error, or NULL. */
const char *check_input(const struct param *param, const struct value *value,
                        struct error *error);

/* Every value of an action, after its defaults were given. On refusal *rule
 * is one of the above and the error names the parameter and the reason. */
int check_values(const struct action *action, const struct values *values,
                 const char **rule, struct error *error);

/* A value in the one form by which it is compared: addresses and ranges in
 * canonical text, hosts, e-mail addresses and users in lower case (hosts
 * without trailing dot), anything else as it is. */
void check_canonical(enum value_type type, struct str value, struct buf *buf);

#endif
