#ifndef RIPOSTE_FLOW_FEED_H
#define RIPOSTE_FLOW_FEED_H

#include "flow/flow.h"

/*
 * Records that come one by one, each whole: those of a connection, or the
 * datagrams of a socket. They have the time of their receipt, unless their
 * source says otherwise.
 */
struct feed;

struct feed_config {
    struct flow *flow;
    const char *where;  /* its name, for messages */
    const char *source; /* a source's name, or "auto": then the first record
                           that a source fits decides, as for a file */
    /* Is a record with the bytes of an earlier one another alarm? Else it is
     * somebody's who did not hear that the first was taken. */
    bool fresh;
};

/* ERROR_NOT_FOUND: the set in force has no such source. */
int feed_open(struct feed **feed, const struct feed_config *config,
              struct error *error);
void feed_close(struct feed *feed); /* NULL is fine */

/* told: see flow.h; or NULL. */
void feed_offer(struct feed *feed, struct str record, flow_told_fn told,
                void *arg);
/* The same for a message of syslog, see model/syslog.h. */
void feed_offer_syslog(struct feed *feed, struct str message);
/* Its framing refused it. */
void feed_refuse(struct feed *feed, struct str record, const char *reason);

#endif
