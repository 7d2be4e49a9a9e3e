#ifndef RIPOSTE_FLOW_REPLAY_H
#define RIPOSTE_FLOW_REPLAY_H

#include "base/buf.h"
#include "journal/replay.h"

/*
 * Runs of the journal once more, from the top, in their own sets, with the
 * journal as the answerer: nothing is started, nothing is written. What a
 * policy asks has to be what it asked then, and it has to end as it did.
 *
 * A run that did not end by itself (a step became Unknown, a person called it
 * off, the engine ran into a limit) is followed as far as its record goes. A
 * run without a policy is one request: it has to read the same in its set as
 * it was recorded.
 */
enum replay_verdict {
    REPLAY_SAME,
    REPLAY_DIFFERS, /* asked, recorded, place */
    REPLAY_LOST,    /* it cannot be replayed: why */
    REPLAY_OPEN,    /* it has not ended */
    REPLAY_UNASKED, /* without a policy, and called off before it asked */
};

/* What came of one run; lives during the call. */
struct replayed {
    enum replay_verdict verdict;
    int64_t run;
    const char *policy; /* NULL: by hand, or the engine's own */
    const char *alarm;  /* its id, or NULL */
    unsigned requests;  /* of it, that were compared and are the same */
    unsigned step;      /* where it differs; 0: in its end */
    /* Texts, empty where there is nothing to say. */
    struct str place; /* of the policy: "policies/x.lua:12" */
    struct str now, recorded;
    struct str why;
};

struct replay_config {
    struct journal *journal;
    const char *site; /* absolute path of the site's folder */
    /* After each run; a negative return ends the replay. */
    int (*each)(void *arg, const struct replayed *replayed);
    void *arg;
};

/* What is to be replayed: first, last, since and policy of `what`. Returns how
 * many runs there were, or negative. */
struct replay;
struct replay *replay_new(const struct replay_config *config);
int64_t replay_runs(struct replay *replay, const struct journal_replay *what,
                    struct error *error);
void replay_free(struct replay *replay);

#endif
