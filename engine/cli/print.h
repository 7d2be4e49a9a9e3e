#ifndef RIPOSTE_CLI_PRINT_H
#define RIPOSTE_CLI_PRINT_H

#include "base/buf.h"
#include "model/argv.h"
#include "model/json_out.h"

/*
 * What the commands print. Everything that came from outside (alarms, plugin
 * output, manifests) goes through these, so that none of it plays with a
 * terminal.
 */

/* Appends with everything dangerous to a terminal escaped. */
void print_safe(struct buf *buf, struct str text);
void print_text(struct buf *buf, const char *text); /* NULL is "" */
/* Has print_safe nothing to escape in it? */
bool print_plain(struct str text);

/* One word of a command line so that a person sees where it begins and ends:
 * bare, in '…', or, where it holds what a terminal must not get, in $'…'. */
void print_word(struct buf *buf, struct str word);
/* All of them, with *** for what is secret. */
void print_argv(struct buf *buf, const struct argv *argv);

/* The front of a text, at most that many bytes, safe, with … where it is cut
 * (between characters). */
void print_front(struct buf *buf, struct str text, size_t most);

/* One word as a shell reads it back, byte for byte. What a terminal must not
 * get is written as \NNN in $'…' (bash, zsh, ksh, POSIX of 2024). */
void print_shell(struct buf *buf, struct str word);

/* A duration of milliseconds in its largest whole unit: "20s". */
void print_duration(struct buf *buf, int64_t ms);

/* "1 policy", "2 policies". */
void print_count(struct buf *buf, int64_t count, const char *one,
                 const char *many);

/* "began:    2026-…": a line of what show says. Nothing where the text is NULL,
 * the time 0. */
void print_field(struct buf *buf, const char *label, const char *text);
void print_when(struct buf *buf, const char *label, int64_t time);

/* A JSON object as one line: print_begin, members, print_end. */
struct json_out print_begin(struct buf *buf, const char *event);
void print_close(struct json_out *out); /* the end of the line */
void print_end(struct json_out *out);   /* the same, and writes it to stdout */
/* A member that is a time (ms), null where it is 0. */
void print_time(struct json_out *out, const char *key, int64_t time);
/* A member that is a list of texts. */
void print_words(struct json_out *out, const char *key,
                 const struct words *words);

/* Writes it all to stdout at once and leaves the buffer empty. The first write
 * that fails is said on stderr; the command goes on, as what it does is worth
 * more than what it says. */
void print_out(struct buf *buf);
/* Writes what is left, by whatever way it went to stdout. ERROR_SYSTEM where
 * anything did not get there since the start. */
int print_flush(void);

/* {"event":"problem",…} on stdout, or a line on stderr. */
void print_problem(const struct problem *problem, bool json);

/* May escape sequences for colours be written to that descriptor? */
bool print_colours(int fd);

#endif
