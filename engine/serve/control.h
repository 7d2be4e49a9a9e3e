#ifndef RIPOSTE_SERVE_CONTROL_H
#define RIPOSTE_SERVE_CONTROL_H

#include "base/error.h"
#include "base/str.h"
#include "model/catalogue.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/*
 * The control socket: on each connection one request, a line of JSON with the
 * words of a command line: {"words":["approve","a1"]}. Requests are carried
 * out one after the other, over all connections, so that what two people ask
 * at once happens in some order. The answer is parts, each a line of JSON:
 *   {"out":N}       N bytes for stdout follow
 *   {"notes":TEXT}  lines for stderr
 *   {"exit":N,"error":{…}}  the end; error only where there is one
 * docs/control.md has it for those who write clients.
 */
struct control;
struct control_ask; /* a request */

enum {
    CONTROL_LINE_MAX = 64 * 1024, /* a command line that a person would type;
                                     an alarm of act is at most that long */
    CONTROL_CONNECTIONS_MAX = 64, /* people, and their scripts */
};

struct control_config {
    uv_loop_t *loop;
    const char *path;
    /* Carry it out, then control_end. */
    void (*ask)(void *arg, struct control_ask *ask);
    void *arg;
};

int control_open(struct control **control, const struct control_config *config,
                 struct error *error);
/* Nothing is asked any more; who waits for an answer is cut off. An ask that
 * is being carried out still has to be ended. NULL is fine. */
void control_close(struct control *control);

const struct words *control_words(const struct control_ask *ask);
/* Who asks; false where nobody can tell. */
bool control_peer(const struct control_ask *ask, int64_t *uid, int64_t *gid);

/* What goes to whoever asked, if he is still there. */
void control_out(struct control_ask *ask, struct str bytes);
void control_notes(struct control_ask *ask, struct str lines);
/* It goes on for long: the next one is carried out meanwhile. */
void control_detach(struct control_ask *ask);
/* false: nobody is there any more; only a part that could not be sent tells. */
bool control_listens(const struct control_ask *ask);
/* The last of it; the ask is gone. error: code 0 where there is none. */
void control_end(struct control_ask *ask, int status,
                 const struct error *error);

#endif
