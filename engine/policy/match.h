#ifndef RIPOSTE_POLICY_MATCH_H
#define RIPOSTE_POLICY_MATCH_H

#include "model/alarm.h"
#include "model/json.h"

/*
 * Which policies does an alarm concern? An index over every policy's `on`:
 * each alternative is filed under one of its equalities (the one whose field
 * tells most apart), so that an alarm looks at one bucket a field, however
 * many policies there are; alternatives without an equality are tried each.
 */
struct match;

struct match *match_new(void);
/* Adds a policy's `on` (keys and operators: docs/policies.md). The tree must
 * outlive the index. number is what match_find gives back; it grows from call
 * to call. After an error the index is as it was before. */
int match_add(struct match *match, const struct json *on, size_t number,
              const char *where, struct error *error);
void match_seal(struct match *match); /* after the last match_add */
void match_free(struct match *match);

/* The numbers of the matching policies, ascending. The array belongs to the
 * index and lives until its next call. A regular expression that is too
 * costly does not match; error tells of the first (code is 0 where there was
 * none), the rest goes on. */
size_t match_find(struct match *match, const struct alarm *alarm,
                  const size_t **numbers, struct error *error);

#endif
