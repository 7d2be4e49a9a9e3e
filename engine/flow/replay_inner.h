#ifndef RIPOSTE_FLOW_REPLAY_INNER_H
#define RIPOSTE_FLOW_REPLAY_INNER_H

#include "flow/recover_inner.h"
#include "flow/replay.h"

/* What replay.c (what is read) and replay_course.c (a policy's way along its
 * record) share. */

/* Sets that are kept: runs of one follow each other, and a few that waited
 * come in between. */
enum { SETS_MAX = 4 };

struct replay_set {
    char hash[HASH_HEX];
    struct set *set; /* owned reference; NULL: it cannot be had, see why */
    struct error why;
    struct policy_state **states; /* owned: by policy; each made when needed */
};

/* Where the run that is replayed is. */
struct course {
    unsigned same;  /* requests that are as recorded */
    unsigned asked; /* steps that were asked: those behind them were not */
    bool stopped;   /* it was asked what the record does not answer */
    bool ended;
    enum run_outcome outcome;
    char *error;         /* owned; NULL: none */
    unsigned other;      /* the step that differs; 0: none */
    struct buf now;      /* owned: what was asked there */
    struct str recorded; /* the run's; empty: its record has no such step */
};

struct replay {
    struct replay_config config;
    struct replay_set *sets[SETS_MAX]; /* owned; the last used first */
    size_t nsets;
    struct left_run run; /* the one that is read */
    char *outcome;       /* owned; its own; NULL: it is open */
    char *error;         /* owned, or NULL */
    struct course course;
};

/* replay_course.c */
int replay_say(struct replay *replay, const struct replayed *replayed);
/* The policy of that index, on its alarm. */
int replay_policy(struct replay *replay, struct replay_set *in, size_t index,
                  struct alarm *alarm);
void course_clear(struct course *course);

#endif
