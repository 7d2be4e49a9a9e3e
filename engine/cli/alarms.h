#ifndef RIPOSTE_CLI_ALARMS_H
#define RIPOSTE_CLI_ALARMS_H

#include "cli/command.h"
#include "journal/find.h"
#include "model/json_out.h"

/* Alarms and sets as the journal has them: what ls and show share. */

/* "new", "ran", "passed": as --state has them. */
const char *alarms_state(const struct journal_alarm_found *found);
void alarms_put_json(struct json_out *out,
                     const struct journal_alarm_found *found);
/* "in force since … until …", "stored …" where no alarm was matched by it. */
void sets_put_when(struct buf *buf, const struct journal_set_found *found);
void sets_put_json(struct json_out *out, const struct journal_set_found *found);

#endif
