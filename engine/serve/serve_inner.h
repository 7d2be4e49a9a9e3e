#ifndef RIPOSTE_SERVE_SERVE_INNER_H
#define RIPOSTE_SERVE_SERVE_INNER_H

#include "serve/inputs.h"
#include "serve/serve.h"
#include "serve/watch.h"

/* What serve.c and reload.c share: the daemon. */
enum { SERVE_SIGNALS = 3 };

/* The events go through here, because the end of a drain shows in them. */
struct serve {
    const struct serve_config *config;
    struct engine *engine;
    const struct set *begun; /* the set that it began with */
    struct inputs *inputs;   /* owned */
    struct control *control; /* owned; NULL: it cannot be had */
    struct watch *watch;     /* owned; NULL: the site does not want it */
    int64_t since;
    struct problems refused; /* of the last reload */
    uv_signal_t signals[SERVE_SIGNALS];
    bool draining;
    int status;
};

/* reload.c: the site is looked at again; what is no news changes nothing. */
void serve_look_again(void *serve);
void serve_say_in_force(const struct set *set);

#endif
