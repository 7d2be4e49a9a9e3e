#include "cli/held.h"

#include "base/alloc.h"
#include "flow/lock.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void on_fatal(void *arg, const struct error *error)
{
    struct held *held = arg;

    held->lost = *error;
}

static int open_journal(struct held *held, const char *path,
                        struct error *error)
{
    struct journal_config config = {
        .path = path, .loop = &held->loop, .fatal = on_fatal, .arg = held};
    int status;

    uv_loop_init(&held->loop);
    status = journal_open(&held->journal, &config, error);
    if (status) {
        uv_run(&held->loop, UV_RUN_DEFAULT);
        uv_loop_close(&held->loop);
    }
    return status;
}

int held_open(struct held *held, const char *state, struct error *error)
{
    char *path = alloc_printf("%s/journal.db", state);
    int status = 0;

    *held = (struct held){.lock = -1};
    if (access(path, F_OK))
        status = error_at(error, ERROR_NOT_FOUND, path, 0, 0,
                          "there is no journal: nothing has run here");
    if (!status)
        held->lock = lock_take(state, error);
    if (!status && held->lock < 0)
        status = held->lock;
    if (!status)
        status = open_journal(held, path, error);
    if (status)
        lock_release(held->lock);
    free(path);
    return status;
}

int held_wait(struct held *held, const char *state, struct error *error)
{
    enum { NAP = 20 }; /* ms */
    const struct timespec nap = {.tv_nsec = NAP * 1000000L};
    int status = held_open(held, state, error);

    for (int waited = 0; status == ERROR_BUSY && waited < HELD_WAIT;
         waited += NAP) {
        nanosleep(&nap, NULL);
        status = held_open(held, state, error);
    }
    return status;
}

void held_close(struct held *held)
{
    journal_close(held->journal);
    uv_run(&held->loop, UV_RUN_DEFAULT);
    uv_loop_close(&held->loop);
    lock_release(held->lock);
}
