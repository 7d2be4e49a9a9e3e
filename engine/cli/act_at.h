#ifndef RIPOSTE_CLI_ACT_AT_H
#define RIPOSTE_CLI_ACT_AT_H

#include "cli/command.h"
#include "flow/set.h"
#include "model/step.h"

/* act --at: the request is checked and kept for later. Takes the request.
 * What it leaves out comes from the alarm (or NULL) now. Returns the exit
 * status. */
int act_at(const struct args *args, struct set *set, struct request *request,
           const struct alarm *alarm);

#endif
