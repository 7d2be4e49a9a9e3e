#ifndef RIPOSTE_SERVE_ALARMS_H
#define RIPOSTE_SERVE_ALARMS_H

#include "flow/flow.h"

/*
 * The UNIX socket at which programs hand in alarms and are told what became of
 * each (docs/intake.md): one answer a line, in their order, once it is on
 * stable storage.
 */
struct alarms;

struct alarms_config {
    uv_loop_t *loop;
    struct flow *flow;
    const struct intake_entry *entry; /* of kind INTAKE_UNIX; must outlive it */
    void (*drained)(void *arg); /* after alarms_drain: everybody has gone */
    void *arg;
};

enum {
    ALARMS_PENDING_MAX = 1024, /* lines of one sender that are not answered:
                                  two batches of the flow's, so that one sender
                                  can keep the journal busy */
};

int alarms_open(struct alarms **alarms, const struct alarms_config *config,
                struct error *error);
/* The flow takes alarms again. */
void alarms_resume(struct alarms *alarms);
/* Nothing more is read; what was is answered. */
void alarms_drain(struct alarms *alarms);
bool alarms_idle(const struct alarms *alarms);
void alarms_close(struct alarms *alarms);
/* Once the loop has run dry, and the flow and the listener are gone. */
void alarms_free(struct alarms *alarms);

#endif
