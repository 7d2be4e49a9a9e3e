#ifndef RIPOSTE_BASE_LOG_H
#define RIPOSTE_BASE_LOG_H

#include "base/error.h"
#include "base/str.h"

/*
 * Messages for the operator, one line each on stderr: "riposte: text". Text
 * that came from outside goes through log_safe first, or through a %s whose
 * argument did: control characters (C0, C1, DEL), bidirectional controls and
 * bytes that are no UTF-8 become \xNN or \u{NNNN}, so that no alarm can play
 * with a terminal. log_line does that for the whole line.
 */

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_lines(struct str lines);          /* one for each, parted by LF */
void log_error(const struct error *error); /* "riposte: error: …" */
void log_problem(const struct problem *problem);

/* The text with everything dangerous to a terminal escaped. free() it. */
char *log_safe(struct str text);

#endif
