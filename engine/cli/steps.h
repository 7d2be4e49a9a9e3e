#ifndef RIPOSTE_CLI_STEPS_H
#define RIPOSTE_CLI_STEPS_H

#include "cli/command.h"
#include "journal/find.h"
#include "model/json_out.h"
#include "model/step.h"

/*
 * Steps as the journal has them: what ls steps, show and explain share.
 */

/* What it asked, in one line: its command line, or the request in words. */
void steps_put_what(struct buf *buf, const struct journal_step_row *row);
/* "Executed, exit 0", "Refused, never-act: …", "Pending". answer: or NULL. */
void steps_put_ending(struct buf *buf, const struct answer *answer);
/* Its answer: *answer is the caller's, NULL where there is none yet. */
int steps_answer(const struct journal_step_row *row, struct answer **answer,
                 struct error *error);
/* The members request, argv and those of its answer. */
void steps_put_json(struct json_out *out, const struct journal_step_row *row,
                    const struct answer *answer);
/* started, ended, attempt. */
void steps_put_times(struct json_out *out,
                     const struct journal_step_found *found);

#endif
