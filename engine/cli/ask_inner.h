#ifndef RIPOSTE_CLI_ASK_INNER_H
#define RIPOSTE_CLI_ASK_INNER_H

#include "cli/ask.h"

/* What ask.c, which has the terminal, and ask_hidden.c share. */

/* The next byte; false where there is none any more, or a signal says to
 * leave. */
bool ask_byte(struct ask *ask, char *byte);
/* Whoever was asked leaves. */
void ask_leave(struct ask *ask);
/* Adds all choices that begin with what is typed, a line each. */
void ask_list(struct buf *buf, const struct ask_question *question,
              struct str typed);

/* A line whose letters are not shown; the terminal shows none. NULL: whoever
 * was asked left. The caller wipes and frees it. */
char *ask_hidden(struct ask *ask, const struct ask_question *question);

#endif
