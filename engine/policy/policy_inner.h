#ifndef RIPOSTE_POLICY_POLICY_INNER_H
#define RIPOSTE_POLICY_POLICY_INNER_H

#include "policy/lines.h"
#include "policy/policy.h"

#include <stdbool.h>

/* What policy.c and policy_parts.c share. */

/* A policy being loaded. */
struct loader {
    struct policy *policy;
    struct problems *problems;
    struct lines *lines;
    /* The returned table without `run`, as a tree with lines. */
    const struct json *data;
    bool has_run;
    struct error error; /* of the tree */
};

/* An error or warning of the policy. line 0: where it returns its table. */
void policy_complain(struct loader *loader, unsigned line, bool warning,
                     const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* policy_parts.c: takes what the table declares. */
void policy_take_parts(struct loader *loader);

#endif
