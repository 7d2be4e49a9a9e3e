#ifndef RIPOSTE_CLI_REPORT_H
#define RIPOSTE_CLI_REPORT_H

#include "flow/flow.h"

/*
 * What run and serve say on stdout: an account for people, one block for each
 * run, printed whole when the run ends, because runs interleave; or, with
 * json, one object a line as things happen (docs/commands.md lists them).
 */
struct report;

struct report_config {
    bool json;
    bool colour;            /* escape sequences on stdout */
    const char *quarantine; /* where refused records are kept, or NULL */
    /* Called before each output (to take a progress line away), and when
     * something changed; either may be NULL. */
    void (*before)(void *arg);
    void (*changed)(void *arg);
    void *arg;
};

/* The texts of config must outlive the report. */
struct report *report_new(const struct report_config *config);
void report_free(struct report *report); /* NULL is fine */

/* Its arg is the report; report_owner gives back config->arg. */
struct flow_events report_events(struct report *report);
void *report_owner(const struct report *report);

/* The last words: runs that are left open, then the sums. */
void report_summary(struct report *report, const struct flow_counts *counts);

/* {"event":"step",…}, also for act. */
void report_step_json(const struct flow_step *step);

#endif
