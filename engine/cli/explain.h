#ifndef RIPOSTE_CLI_EXPLAIN_H
#define RIPOSTE_CLI_EXPLAIN_H

#include "flow/why.h"
#include "model/json_out.h"

/* explain_why.c: the alarm and its policies, in words; as members. */
void explain_put_text(struct buf *buf, const struct why *why);
void explain_put_json(struct json_out *out, const struct why *why);

#endif
