#ifndef RIPOSTE_EXEC_FRAME_H
#define RIPOSTE_EXEC_FRAME_H

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What engine, executor and slots say to each other: length-prefixed binary
 * frames over socket pairs.
 *
 *   u32 length of what follows, big-endian, at most FRAME_MAX
 *   u8  version (FRAME_VERSION)
 *   u8  type
 *   …   the type's fields: integers big-endian, bytes and texts with a u32
 *       length before them, lists with a u32 count before them; before a
 *       field that may be absent a byte that is 1 where it is there
 *
 * Both sides check everything; a frame that does not decode ends the
 * connection.
 */
enum {
    FRAME_VERSION = 3,
    FRAME_MAX = 1 << 20,
    FRAME_WORDS_MAX = 4096,
    FRAME_HELLO_SIZE = 4 + 2 + 8, /* a whole hello */
};

enum frame_type {
    FRAME_HELLO = 1, /* executor → engine: who the executor is */
    FRAME_JOB,       /* engine → executor → slot: start this */
    FRAME_CANCEL,    /* engine → executor → slot: end that step's job */
    FRAME_RESULT,    /* slot → executor → engine: what came of it */
    FRAME_FORGET,    /* engine → executor: the result is committed */
    FRAME_OUTPUT, /* slot → executor → engine: a job's output as it comes */
    FRAME_AWAIT,  /* engine → executor: as a job, but it is not started where
                     the executor does not know the step */
};

/* How a job ended. */
enum verdict {
    VERDICT_EXITED = 1,   /* code is the exit status */
    VERDICT_SIGNALLED,    /* code is the signal */
    VERDICT_NOT_STARTED,  /* text says why: nothing of it ran */
    VERDICT_TIMED_OUT,    /* the tree was killed */
    VERDICT_CANCELLED,    /* the tree was killed */
    VERDICT_OUTPUT_LIMIT, /* it wrote over JOB_OUTPUT_KILL: killed */
    VERDICT_LOST,         /* its slot died under it */
};

enum {
    JOB_OUTPUT_KEPT = 64 * 1024,        /* bytes kept of each stream */
    JOB_OUTPUT_KILL = 64 * 1024 * 1024, /* drained up to here, then killed */
};

struct hello {
    uint64_t incarnation; /* random, new at every start of an executor */
};

struct job {
    char *step;   /* owned: "r17.3", unique while it runs */
    char **argv;  /* owned, NULL at the end; [0] is an absolute path */
    char **env;   /* owned, NULL at the end: the whole environment */
    char *folder; /* owned: working folder, absolute */
    char *input;  /* owned: bytes for stdin, or NULL: /dev/null */
    size_t input_len;
    uint64_t timeout; /* ms */
    uint64_t grace;   /* ms from TERM to KILL */
    bool stream;      /* output frames while it runs */
    char **hide;      /* owned, NULL at the end, or NULL: secrets that stand
                         in it; output shows *** for them */
    /* Secrets by name. The slot looks them up and puts each into its place;
     * what stands there until then means nothing. */
    struct secret_reference *secrets; /* owned */
    size_t nsecrets;
    char *store;           /* owned: folder of secrets, absolute; or NULL */
    char **secret_command; /* owned, NULL at the end, or NULL: the program
                              (absolute) that is asked for what is not there */
};

struct output {
    char *step;  /* owned */
    int stream;  /* STDOUT_FILENO or STDERR_FILENO */
    char *bytes; /* owned */
    size_t len;
};

struct result {
    char *step; /* owned */
    enum verdict verdict;
    int32_t code;
    uint64_t micros; /* from start to end */
    char *text;      /* owned: why it did not start, or NULL */
    char *out, *err; /* owned */
    size_t out_len, err_len;
    bool out_truncated, err_truncated;
};

/* Appends one whole frame. */
void frame_hello(struct buf *buf, const struct hello *hello);
void frame_job(struct buf *buf, const struct job *job);
void frame_step(struct buf *buf, enum frame_type type, const char *step);
void frame_output(struct buf *buf, const char *step, int stream,
                  struct str bytes);
void frame_result(struct buf *buf, const struct result *result);

/* Looks at the first bytes received. Returns 1 and the frame (header and
 * all: frame.data[4] is the version) where a whole one is there, 0 where
 * more bytes are needed, negative where it can be none. */
int frame_next(struct str bytes, struct str *frame, struct error *error);
enum frame_type frame_type(struct str frame);

/* Each fills a zeroed struct; after an error nothing is owned by it. */
int frame_read_hello(struct str frame, struct hello *hello,
                     struct error *error);
int frame_read_job(struct str frame, struct job *job, struct error *error);
int frame_read_step(struct str frame, char **step, struct error *error);
int frame_read_output(struct str frame, struct output *output,
                      struct error *error);
int frame_read_result(struct str frame, struct result *result,
                      struct error *error);
/* Wipes what it frees. */
void job_clear(struct job *job);
void output_clear(struct output *output);
void result_clear(struct result *result);

#endif
