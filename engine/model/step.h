#ifndef RIPOSTE_MODEL_STEP_H
#define RIPOSTE_MODEL_STEP_H

#include "base/buf.h"
#include "model/argv.h"
#include "model/json_out.h"

/*
 * A step: one question that a run asked of the outside, and its answer.
 * Policies make requests, whoever resumes the run answers them.
 */

enum step_status { /* the order of step_status_names */
                   STEP_PENDING,
                   STEP_EXECUTED,
                   STEP_FAILED, /* "Failed to Execute" */
                   STEP_NOT_STARTED,
                   STEP_TIMED_OUT,
                   STEP_DENIED,
                   STEP_REFUSED, /* by the gate; the answer names the rule */
                   STEP_UNKNOWN,
                   STEP_DRY,
                   STEP_STATUS_COUNT,
};
extern const char *const step_status_names[STEP_STATUS_COUNT];
/* By name; -1 where there is none. */
int step_status_find(struct str name);
/* Is it certain that nothing of the action ran? */
bool step_never_started(enum step_status status);

enum run_outcome { RUN_DONE, RUN_FAILED, RUN_PARKED, RUN_WAITING, RUN_ABORTED };
extern const char *const run_outcome_names[];

enum request_kind { /* the order of request_kind_names */
                    REQUEST_ACTION,
                    REQUEST_LIST,    /* is value on the site's list `name`? */
                    REQUEST_NOW,     /* the time */
                    REQUEST_WAIT,    /* until so much time has passed */
                    REQUEST_APPROVE, /* may it be done? A person answers */
                    REQUEST_PAST,    /* earlier alarms like this one */
                    REQUEST_NOTE,    /* something for people to read */
};
extern const char *const request_kind_names[];
/* By name; -1 where there is none. */
int request_kind_find(const char *name);

/* A request owns what it points to, but for action (the set's). */
struct request {
    enum request_kind kind;
    /* REQUEST_ACTION */
    const struct action *action;
    struct values values; /* as the policy gave them, before defaults */
    int64_t timeout;      /* ms; 0: the action's own */
    int64_t expires;      /* ms: for how long; 0: until it is ended */
    char *reason;         /* or NULL */
    /* The others. */
    char *name;  /* LIST: the list; PAST: the field; APPROVE: the group,
                    or NULL: anybody who may decide */
    char *value; /* LIST: what is looked up; PAST: the field's value;
                    APPROVE: the question; NOTE: the text */
    size_t value_len;
    int64_t duration; /* ms. WAIT: how long; APPROVE: within which; PAST: how
                         far back */
    int quorum;       /* APPROVE: how many of the group; 0: one */
    struct request *subject; /* APPROVE: the action that it is about, or NULL:
                                a mere question */
};
struct request *request_new(enum request_kind kind);
void request_free(struct request *request);

struct request *request_copy(const struct request *request);

/* The request as canonical JSON: fixed key order, parameters in the action's
 * order, encrypted values as "***". Two requests are the same where these
 * texts are. */
void request_write(const struct request *request, struct buf *buf);
/* Is it what was recorded? Its own text is appended to asked. */
bool request_is(const struct request *request, struct str recorded,
                struct buf *asked);

/* What came of it. Owned by whoever holds it. */
struct answer {
    enum step_status status;
    char *rule;  /* why the gate refused, or NULL */
    char *place; /* of that rule in guards.lua, "guards.lua:4"; or NULL */
    char *error; /* the reason in words, or NULL */
    bool exited; /* exit is its exit status */
    int exit;
    int signal; /* not 0: a signal ended it */
    double seconds;
    char *out, *err; /* at most STEP_OUTPUT_MAX of each stream */
    size_t out_len, err_len;
    bool out_truncated, err_truncated;
    bool shared;  /* REQUEST_ACTION: it was in force already */
    bool yes;     /* REQUEST_LIST: it is on the list; REQUEST_APPROVE */
    int64_t time; /* REQUEST_NOW, REQUEST_WAIT: when it was over */
    /* REQUEST_PAST: out is a JSON array of alarms, newest first, total how
     * many there are. */
    int64_t total;
};
enum { STEP_OUTPUT_MAX = 64 * 1024 };

struct answer *answer_new(enum step_status status);
void answer_free(struct answer *answer);
/* Refused by that rule, and why: where the error has a place, that is its. */
struct answer *answer_refused(const char *rule, const struct error *error);
/* For the journal; answer_read gives back the same (NULL: not readable). */
void answer_write(const struct answer *answer, struct buf *buf);
struct answer *answer_read(struct str json, struct error *error);

/* The members "status" … "stderr" of a step's --json line. */
void answer_put(const struct answer *answer, struct json_out *out);

#endif
