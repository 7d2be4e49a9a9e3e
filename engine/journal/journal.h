#ifndef RIPOSTE_JOURNAL_JOURNAL_H
#define RIPOSTE_JOURNAL_JOURNAL_H

#include "base/error.h"
#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/*
 * The durable record: sets, alarms, runs, steps, thresholds, schedules. The
 * only code that knows SQLite.
 *
 * One connection, in one writer thread (WAL, synchronous=FULL). Writes are
 * queued from the loop's thread and committed in groups without a timer:
 * whatever queued while the last commit ran, at most JOURNAL_GROUP records,
 * in the order in which they were queued (a single write of more is a group
 * of its own). A write's callback runs in the loop's thread once its group is
 * on stable storage. Where the disk is full, the writer waits for room. Any
 * other write that cannot be carried out is fatal (see journal_config):
 * nothing later is acknowledged, what was given for later writes is not touched
 * any more, the process ends with status 70 and recovers from what is on disk.
 *
 * The journal_read functions are called in the loop's thread between
 * journal_open and the first write, and in another thread at any time: they
 * then take turns with the writer's groups. What they call back has the
 * connection meanwhile, and must not wait for the loop.
 */
struct journal;

enum {
    JOURNAL_GROUP = 512, /* records a commit: past it a commit only gets
                            slower, not cheaper a record */
    JOURNAL_SCHEMA = 4,  /* a newer one is refused */
    /* One value: far above a list of a million addresses, far below what a
     * commit could not hold in memory. A longer one is fatal. */
    JOURNAL_VALUE_MAX = 64 * 1024 * 1024,
};

struct journal_config {
    const char *path; /* a file, or ":memory:" */
    uv_loop_t *loop;
    /* Called once, in the loop's thread, where a commit failed. */
    void (*fatal)(void *arg, const struct error *error);
    /* Called in the loop's thread when the disk is full, and when there is
     * room again; or NULL. Between the two what is queued waits, in order;
     * closing then fails it. */
    void (*full)(void *arg, bool full);
    void *arg;
};

int journal_open(struct journal **journal, const struct journal_config *config,
                 struct error *error);

/* Commits what is queued and what the callbacks queue meanwhile, calls them,
 * ends the thread; the journal is freed in the loop's next turn. May be
 * called from a callback. NULL is fine. */
void journal_close(struct journal *journal);

/* The journal's own id, 16 hex digits, made with the file. */
enum { JOURNAL_ID = 17 };
const char *journal_id(const struct journal *journal);

/* How many writes are queued, being committed, or about to be called back.
 * While there are any the loop stays alive. */
size_t journal_pending(const struct journal *journal);

/* How many commits there were. */
uint64_t journal_commits(const struct journal *journal);

/* ---- reading ---------------------------------------------------------- */

/* The next free run number. */
int64_t journal_read_next_run(struct journal *journal);

/* One file of a stored set, until it returns negative. */
typedef int (*journal_file_fn)(void *arg, const char *path, struct str body);
/* ERROR_NOT_FOUND where the journal has no such set. */
int journal_read_set(struct journal *journal, const char *set,
                     journal_file_fn each, void *arg, struct error *error);

struct journal_alarm_row {
    const char *id;
    const char *source;
    struct str raw;
    int64_t time;
    int64_t received;
    int64_t count;
};
struct journal_run_row {
    int64_t run;
    const char *policy; /* NULL: a manual run */
    const char *set;
    const struct journal_alarm_row *alarm; /* NULL: a run without one */
    struct str request; /* empty, or what a manual run asks when it is due */
    int64_t due;
    const char *cause; /* "undo", "verify", "restore": the engine's own, for a
                          lease; or NULL */
    int64_t lease;
    int64_t started;
};
struct journal_step_row {
    int64_t run;
    unsigned step;
    const char *kind;     /* "action", "list", … */
    struct str request;   /* JSON, see model/step.h */
    struct str argv;      /* JSON array as shown to people; empty: none */
    struct str answer;    /* JSON; empty: an intent without a result */
    uint64_t incarnation; /* 0: nothing was sent */
    int64_t due;          /* see journal_write_due; 0: none */
    unsigned attempt;     /* the how-manieth it is */
};
struct journal_threshold_row {
    const char *counter; /* see policy/threshold.h */
    struct str key;
    struct str state;
};

/* How far the schedule of a policy has come. */
struct journal_schedule_row {
    const char *policy;
    const char *every; /* its text then */
    int64_t due;       /* the last instant that was run or passed over */
};

struct journal_unknown_row {
    int64_t run;
    unsigned step;
    const char *policy; /* NULL: a manual run */
    const char *alarm;  /* its id; NULL: a run without one */
};

/* Each calls back once a row, in order (alarms as they came, runs and steps
 * by number); what it is given lives during the call. A negative return ends
 * the reading and is returned. */
int journal_read_new_alarms(struct journal *journal,
                            int (*each)(void *arg,
                                        const struct journal_alarm_row *row),
                            void *arg, struct error *error);
int journal_read_open_runs(struct journal *journal,
                           int (*each)(void *arg,
                                       const struct journal_run_row *row),
                           void *arg, struct error *error);
int journal_read_steps(struct journal *journal, int64_t run,
                       int (*each)(void *arg,
                                   const struct journal_step_row *row),
                       void *arg, struct error *error);
/* A run as people are told of it. */
struct journal_history_row {
    int64_t run;
    const char *policy;  /* NULL: a manual run */
    const char *alarm;   /* its id; NULL: a run without one */
    const char *outcome; /* NULL: it is open */
    const char *error;   /* or NULL */
    int64_t started;
    int64_t ended;     /* 0: it is open */
    int64_t due;       /* 0: it was not asked for a later time */
    bool begun;        /* it has a step */
    const char *cause; /* see journal_run_row */
    int64_t lease;
    struct str request; /* JSON: what a manual run asks; may be empty */
    const char *set;
};
/* That one; ERROR_NOT_FOUND where there is none. */
int journal_read_run(struct journal *journal, int64_t run,
                     int (*each)(void *arg,
                                 const struct journal_history_row *row),
                     void *arg, struct error *error);

int journal_read_thresholds(struct journal *journal,
                            int (*each)(void *arg,
                                        const struct journal_threshold_row *),
                            void *arg, struct error *error);

/* By policy. */
int journal_read_schedules(struct journal *journal,
                           int (*each)(void *arg,
                                       const struct journal_schedule_row *),
                           void *arg, struct error *error);

/* Steps whose outcome nobody knows: a person has to look. */
int journal_read_unknown(struct journal *journal,
                         int (*each)(void *arg,
                                     const struct journal_unknown_row *row),
                         void *arg, struct error *error);

/* ---- writing --------------------------------------------------------- */

/* Writes between the two are one transaction. They do not nest. */
void journal_hold(struct journal *journal);
void journal_release(struct journal *journal);

/* A callback may be NULL. Everything given is copied before the function
 * returns, unless it says otherwise. */
typedef void (*journal_done_fn)(void *arg);

/* A set's files; a set that is stored already is left as it is. */
struct journal_file {
    const char *path;
    struct str body;
};
void journal_write_set(struct journal *journal, const char *set,
                       const struct journal_file *files, size_t count,
                       journal_done_fn done, void *arg);

/* What a field's value is found by, see journal/past.h. */
struct journal_key {
    unsigned char bytes[HASH_HALF];
};

enum journal_verdict {
    JOURNAL_NEW = 1,
    JOURNAL_DUPLICATE, /* the same id, the same source and bytes */
    JOURNAL_REUSED,    /* the same id, other bytes: not stored */
};
struct journal_alarm {
    struct journal_alarm_row row;
    const struct journal_key *keys; /* by which it is found later; at most
                                       JOURNAL_KEYS_MAX */
    size_t nkeys;
    enum journal_verdict verdict; /* filled before done is called */
};
enum { JOURNAL_KEYS_MAX = 8 }; /* each is a row for every alarm */
/* Inserts alarms as `new`. The array and what it points to stay the
 * caller's and must live until done. Counts as `count` records. */
void journal_write_alarms(struct journal *journal, struct journal_alarm *alarms,
                          size_t count, journal_done_fn done, void *arg);

/* One alarm was matched: it is no longer `new`, these runs begin, these
 * counts move; all in one transaction. */
struct journal_run {
    int64_t run;
    const char *policy; /* NULL: a manual run */
    const char *set;
    const char *cause; /* see journal_run_row; NULL: somebody asked for it */
    int64_t lease;
};
struct journal_threshold {
    const char *counter;
    struct str key;
    struct str state; /* empty: the row goes */
};
/* What a threshold said of the alarm, whether it started a run or not. */
struct journal_counted {
    const char *policy;
    const char *verdict; /* see policy/threshold.h */
    int64_t n;
    int64_t time;
};
struct journal_waiting {
    struct str request; /* JSON, see model/step.h */
    int64_t due;
};
struct journal_match {
    const char *alarm; /* its id; NULL: a manual run without an alarm */
    bool again;        /* the alarm was matched before */
    int64_t time;      /* now */
    const struct journal_run *runs;
    size_t nruns;
    const struct journal_threshold *thresholds;
    size_t nthresholds;
    const struct journal_counted *counted;
    size_t ncounted;
    const struct journal_waiting *waiting; /* or NULL: its only run waits */
};
void journal_write_match(struct journal *journal,
                         const struct journal_match *match,
                         journal_done_fn done, void *arg);

/* Takes the place of what the policy's schedule had before. */
void journal_write_schedule(struct journal *journal,
                            const struct journal_schedule_row *row,
                            journal_done_fn done, void *arg);

/* A step. Without an answer it is an intent; an answer given later, or at
 * once (list, now, refused, dry), completes it. */
struct journal_step {
    int64_t run;
    unsigned step;
    const char *kind;
    struct str request;
    struct str argv;   /* JSON array as shown to people; empty: none */
    struct str answer; /* empty: an intent */
    const char *status;
    uint64_t incarnation;
    int64_t time; /* now */
};
void journal_write_step(struct journal *journal,
                        const struct journal_step *step, journal_done_fn done,
                        void *arg);
void journal_write_answer(struct journal *journal, int64_t run, unsigned step,
                          struct str answer, const char *status, int64_t time,
                          journal_done_fn done, void *arg);

/* A step that is over by itself at that time. */
void journal_write_due(struct journal *journal, int64_t run, unsigned step,
                       int64_t due, journal_done_fn done, void *arg);

/* The end of a run, or its parking: outcome "done", "failed", "parked",
 * "aborted". A parked run is no longer open (a person takes it from there). */
void journal_write_end(struct journal *journal, int64_t run,
                       const char *outcome, const char *error, int64_t time,
                       journal_done_fn done, void *arg);

/* A record of the audit about what is no other write: a reload, a refused
 * record. Every other write makes its own. body: a JSON object. */
void journal_write_note(struct journal *journal, const char *kind,
                        struct str body, int64_t time, journal_done_fn done,
                        void *arg);

/* Calls back once everything queued so far is on stable storage. */
void journal_after(struct journal *journal, journal_done_fn done, void *arg);

/* look.c: without opening the journal, and whoever holds it. */

/* SQLite's version; ERROR_SYSTEM where it was built without what is needed. */
int journal_library(const char **version, struct error *error);
/* The file's size, and whether it is a journal that this program knows:
 * ERROR_NOT_FOUND (there is none), ERROR_INVALID, ERROR_SYSTEM. Reads its
 * first bytes and takes no lock. */
int journal_look(const char *path, int64_t *size, struct error *error);

#endif
