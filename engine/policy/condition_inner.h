#ifndef RIPOSTE_POLICY_CONDITION_INNER_H
#define RIPOSTE_POLICY_CONDITION_INNER_H

#include "base/addr.h"
#include "model/regex.h"
#include "policy/condition.h"

/* What condition_parse.c builds and condition.c asks. */

enum op { OP_IS, OP_MIN, OP_MAX, OP_RE, OP_CIDR, OP_PREFIX };

const char *condition_op_name(enum op op); /* as policies write it */

struct operand {
    const struct json *value; /* the policy's */
    struct regex *regex;      /* owned, with OP_RE */
    struct addr range;        /* with OP_CIDR */
};

/* Holds for a value where it holds for any operand. */
struct test {
    enum op op;
    bool nocase;
    struct operand *operands; /* owned */
    size_t len;
};

enum existence { EXISTS_ANY, EXISTS_NO, EXISTS_YES };

struct condition {
    struct test *tests; /* owned: one value must pass all of them */
    size_t ntests;
    struct condition *none; /* owned: no value may fulfil any of them */
    size_t nnone;
    enum existence exists;
};

#endif
