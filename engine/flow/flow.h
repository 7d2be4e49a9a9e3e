#ifndef RIPOSTE_FLOW_FLOW_H
#define RIPOSTE_FLOW_FLOW_H

#include "flow/positions.h"
#include "flow/set.h"
#include "gate/gate.h"
#include "journal/journal.h"

/*
 * The way of an alarm: accepted and committed, matched against the set in
 * force, its runs driven to their end. Used by run, serve and act.
 */
struct flow;

/* For whoever shows what happens; everything lives during the call. */
struct flow_step {
    const char *run;    /* "r17" */
    const char *alarm;  /* id, or NULL */
    const char *policy; /* name, or NULL: a manual run */
    unsigned step;
    const struct request *request;
    const struct argv *argv;     /* NULL: none */
    const struct answer *answer; /* what came of it */
    bool replayed; /* recorded by an earlier process: nothing happened now */
    const char *cause; /* see flow_run */
    int64_t lease;
};
struct flow_run {
    const char *run;
    const struct alarm *alarm; /* or NULL */
    const char *policy;
    enum run_outcome outcome;
    const char *error; /* or NULL */
    const char *cause; /* "undo", "verify", "restore": the engine's own, for
                          that lease; or NULL */
    int64_t lease;
};
struct flow_events {
    void (*begun)(void *arg, const struct flow_run *run); /* may be NULL */
    /* An action starts with that command line, and what it writes, as it comes
     * (stream: 1 or 2; secrets as ***). Both or neither may be NULL. */
    void (*started)(void *arg, const struct argv *argv);
    void (*output)(void *arg, int stream, struct str bytes);
    void (*step)(void *arg, const struct flow_step *step);
    void (*run)(void *arg, const struct flow_run *run);
    /* A record that became no alarm. */
    void (*refused)(void *arg, const char *where, unsigned line,
                    const char *reason);
    /* Something changed: the flow may be idle, or take alarms again. */
    void (*changed)(void *arg);
    void *arg;
};

struct flow_counts {
    int64_t alarms; /* newly accepted */
    int64_t refused, skipped, duplicates;
    int64_t matched; /* alarms that started a run or moved a count */
    int64_t runs, steps;
    int64_t failed;  /* runs failed or parked */
    int64_t waiting; /* runs that wait for a person or a timer */
    int64_t unknown; /* steps whose outcome nobody knows */
};

struct flow_config {
    uv_loop_t *loop;
    struct journal *journal;
    struct gate *gate;
    struct set *set; /* the flow takes a reference of its own */
    enum gate_mode mode;
    const char *const *only; /* --policy names, NULL at the end; or NULL */
    const char *quarantine;  /* path of quarantine.ndjson, or NULL */
    struct flow_events events;
};

enum {
    FLOW_BUSY_MAX = 1024, /* runs with a step in a lane or a slot: past it
                             reading stops */
};

int flow_new(struct flow **flow, const struct flow_config *config,
             struct error *error);
/* Finishes what an earlier process left: alarms still new are matched, open
 * runs replayed in their own set; for intents without a result see resume.h.
 * Call once, before the first flow_offer. */
int flow_recover(struct flow *flow, struct error *error);
void flow_free(struct flow *flow); /* idle or stopped */

/* Swaps the set in force; runs that began keep theirs. */
void flow_swap(struct flow *flow, struct set *set);
struct set *flow_set(const struct flow *flow);
/* For the audit: the set of a reload is in force, or NULL: it was refused for
 * these problems. */
void flow_record_reload(struct flow *flow, const struct set *set,
                        const struct problems *problems);

/* What became of a record. Told once for each that was offered, maybe before
 * flow_offer returns; where the journal fails, never. text: the alarm's id, or
 * the reason why it is none. */
enum flow_verdict { FLOW_NEW, FLOW_DUPLICATE, FLOW_REFUSED, FLOW_SKIPPED };
typedef void (*flow_told_fn)(void *arg, enum flow_verdict verdict,
                             const char *text);

/* One record of an input. */
struct flow_record {
    const struct source *source;
    struct str bytes;
    const char *digest; /* see alarm_identify */
    uint64_t offset;
    const char *where; /* for messages, with the line */
    unsigned line;
    bool received;     /* its time is that of receipt, unless its source says
                          otherwise */
    flow_told_fn told; /* or NULL */
    void *arg;
};
/* Decoded at once; journalled with its batch, then told. All of it is
 * copied. */
void flow_offer(struct flow *flow, const struct flow_record *record);
/* How far a followed file was read by now: committed with what was offered
 * last, or behind it. */
void flow_mark(struct flow *flow, const struct journal_position *position);
/* How far files had been read when the flow began. */
const struct positions *flow_positions(const struct flow *flow);
/* A record that its framing refused. */
void flow_refuse(struct flow *flow, struct str record, const char *where,
                 unsigned line, const char *reason);
/* A record that no source fits: counted. */
void flow_skip(struct flow *flow);

/* The journal's disk is full, or has room again: meanwhile no alarm is taken,
 * and no action starts, since its intent is not committed. */
void flow_full(struct flow *flow, bool full);

/* May more alarms be offered now? changed tells when it may be again. */
bool flow_ready(const struct flow *flow);
/* Nothing queued, nothing running, no run open but waiting ones. */
bool flow_idle(const struct flow *flow);
/* When the first lease is to be undone, or looked at because its action has
 * ended; 0: none is. */
int64_t flow_next_undo(const struct flow *flow);
size_t flow_open(const struct flow *flow); /* runs open */
const struct flow_counts *flow_counts(const struct flow *flow);

/* Starts a manual run of one action (act): a run without a policy. The
 * request is the flow's now. */
void flow_act(struct flow *flow, struct request *request, struct alarm *alarm);

/* The same, for a later time: journalled, then said as a run that is waiting.
 * It is started by whoever recovers the journal and is there when it is due.
 * No value may be encrypted: the journal does not keep those. */
void flow_act_at(struct flow *flow, struct request *request, int64_t due);

/* An alarm that the journal has, once more: new runs of the policies that it
 * is for, whatever their thresholds. ERROR_NOT_FOUND where there are none. */
int flow_rerun(struct flow *flow, const struct journal_alarm_row *row,
               struct error *error);

/* people.c: what people do while the flow is at work; else it is written to
 * the journal alone, and the next flow_recover goes on from there. What they
 * say must have been judged. ERROR_INVALID where it is over meanwhile. */
struct journal_decision;
int flow_decide(struct flow *flow, const struct journal_decision *decision,
                struct error *error);
/* A run that waits for its time (flow_act_at). */
int flow_call_off(struct flow *flow, int64_t run, const char *why,
                  struct error *error);
struct leases *flow_leases(struct flow *flow);
/* See gate_pause; written to the journal. pause: or NULL, it ends, because
 * that person said so. */
struct journal_pause;
void flow_pause(struct flow *flow, const struct journal_pause *pause);
void flow_unpause(struct flow *flow, const char *person, const char *note);
/* Since when the journal's disk is full; 0: it is not. */
int64_t flow_full_since(const struct flow *flow);

/* From now on what is old is removed from the journal; once, after
 * flow_recover. */
void flow_keep(struct flow *flow);

/* From now on policies with `every` are run, and leases are verified as often
 * as the site says; once, after flow_recover. */
void flow_schedule(struct flow *flow);

/* No further run or step starts; what runs is awaited (changed tells). */
void flow_stop(struct flow *flow);

#endif
