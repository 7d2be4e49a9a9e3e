#ifndef RIPOSTE_CLI_ASK_H
#define RIPOSTE_CLI_ASK_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/choice.h"

/*
 * Questions on the terminal, one line each: read from stdin, written to
 * stderr, so that stdout has nothing but results. A line can be edited; Tab
 * completes what is offered. Whatever ends a question, an answer, ^C, ^D or a
 * signal, ask_close leaves the terminal as it was.
 */
struct ask;

/* Are stdin and stderr terminals? */
bool ask_possible(void);

/* Until ask_close, signals wait for a question: INT, TERM and HUP leave it,
 * TSTP stops it. */
int ask_open(struct ask **ask, struct error *error);
void ask_close(struct ask *ask); /* NULL is fine */

struct ask_question {
    const char *prompt; /* safe for a terminal; one line */
    const struct choice
        *choices; /* for Tab; may be NULL where there are none */
    size_t nchoices;
    bool hidden; /* a secret: what is typed is not shown; Tab shows what it
                    completes */
};

/* The answer without its line end; the caller's, to wipe where it is hidden.
 * NULL: whoever was asked left. */
char *ask_line(struct ask *ask, const struct ask_question *question);

/* Writes what is in the buffer, and leaves it empty. */
void ask_say(struct buf *buf);

#endif
