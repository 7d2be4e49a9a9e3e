#ifndef RIPOSTE_CLI_ACT_AT_H
#define RIPOSTE_CLI_ACT_AT_H

#include "cli/command.h"
#include "flow/set.h"
#include "model/step.h"

/* What --at says: at most 366 days ahead of now. */
int act_at_time(const char *text, int64_t now, int64_t *due,
                struct error *error);

/* act --at: the request is checked and kept for later. Takes the request.
 * What it leaves out comes from the alarm (or NULL) now. Returns the exit
 * status. */
int act_at(const struct args *args, struct set *set, struct request *request,
           const struct alarm *alarm, int64_t due);
/* Would act_at keep it? 0, or an exit status: then it was said why not. */
int act_at_check(const struct set *set, const struct request *request,
                 const struct alarm *alarm, int64_t due);

#endif
