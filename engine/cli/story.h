#ifndef RIPOSTE_CLI_STORY_H
#define RIPOSTE_CLI_STORY_H

#include "cli/steps.h"

/*
 * A run as the journal and its audit have it: its steps, and for each what the
 * gate said of it, budgets, approvals with who decided, leases with what was
 * undone. What show and explain share.
 */
struct story {
    struct journal *journal;
    struct buf *buf;      /* lines for people, or */
    struct json_out *out; /* not NULL: the members of an open object */
    int64_t now;
};

/* step: 0, or only that one. */
int story_run(struct story *story, int64_t run, unsigned step,
              struct error *error);

#endif
