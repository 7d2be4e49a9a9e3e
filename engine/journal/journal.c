#include "journal/journal_inner.h"

#include "base/alloc.h"
#include "journal/read.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the loop's thread ------------------------------------------------ */

static uv_handle_t *handle_of(struct journal *journal)
{
    return (uv_handle_t *)&journal->async;
}

/* Writes that wait keep the loop alive. */
static void set_pending(struct journal *journal, size_t pending)
{
    journal->pending = pending;
    if (pending)
        uv_ref(handle_of(journal));
    else
        uv_unref(handle_of(journal));
}

void journal_queue(struct journal *journal, struct write *write)
{
    assert(!uv_is_closing(handle_of(journal)));
    journal->writing = true;
    if (journal->fatal_told) {
        write_free(write);
        return;
    }
    set_pending(journal, journal->pending + 1);
    if (journal->holding) {
        write->tied = true;
        list_add(&journal->held, write);
        return;
    }
    uv_mutex_lock(&journal->lock);
    list_add(&journal->queued, write);
    uv_cond_signal(&journal->has_work);
    uv_mutex_unlock(&journal->lock);
}

void journal_hold(struct journal *journal)
{
    assert(!journal->holding);
    journal->holding = true;
}

void journal_release(struct journal *journal)
{
    assert(journal->holding);
    journal->holding = false;
    if (!journal->held.first)
        return;
    list_last(&journal->held)->tied = false;
    uv_mutex_lock(&journal->lock);
    list_move(&journal->queued, &journal->held);
    uv_cond_signal(&journal->has_work);
    uv_mutex_unlock(&journal->lock);
}

/* Calls back what is committed by now, then tells of a failure, once. A
 * callback may queue writes, and may close the journal, which delivers the
 * rest itself and leaves nothing here. */
static void deliver(struct journal *journal)
{
    struct write *write;
    bool failed, full;

    uv_mutex_lock(&journal->lock);
    list_move(&journal->delivering, &journal->committed);
    failed = journal->failed;
    full = journal->full;
    uv_mutex_unlock(&journal->lock);
    while ((write = list_take(&journal->delivering))) {
        set_pending(journal, journal->pending - 1);
        if (write->done)
            write->done(write->arg);
        write_free(write);
    }
    if (full != journal->full_told) {
        journal->full_told = full;
        if (journal->tell_full)
            journal->tell_full(journal->arg, full);
    }
    if (failed && !journal->fatal_told) {
        journal->fatal_told = true;
        uv_unref(handle_of(journal));
        journal->fatal(journal->arg, &journal->error);
    }
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

size_t journal_pending(const struct journal *journal)
{
    return journal->pending;
}

uint64_t journal_commits(const struct journal *journal)
{
    return journal->commits;
}

const char *journal_id(const struct journal *journal)
{
    return journal->id;
}

int64_t journal_read_next_run(struct journal *journal)
{
    assert(!journal->writing);
    return journal->next_run;
}

/* ---- its life ---------------------------------------------------------- */

static void init_locks(struct journal *journal)
{
    if (uv_mutex_init(&journal->lock) || uv_cond_init(&journal->has_work) ||
        uv_cond_init(&journal->has_results) ||
        uv_cond_init(&journal->has_room) || uv_cond_init(&journal->is_free))
        abort(); /* out of memory */
}

static void free_journal(struct journal *journal)
{
    uv_cond_destroy(&journal->is_free);
    uv_cond_destroy(&journal->has_room);
    uv_cond_destroy(&journal->has_results);
    uv_cond_destroy(&journal->has_work);
    uv_mutex_destroy(&journal->lock);
    free(journal);
}

static void on_closed(uv_handle_t *handle)
{
    free_journal(handle->data);
}

static void stop_writer(struct journal *journal)
{
    uv_mutex_lock(&journal->lock);
    journal->stopping = true;
    uv_cond_signal(&journal->has_work);
    uv_mutex_unlock(&journal->lock);
    uv_thread_join(&journal->thread);
}

/* The handle comes last: once there, it would take a turn of the loop to
 * get rid of it. The writer does not use it before the first write. */
static int start(struct journal *journal, uv_loop_t *loop, struct error *error)
{
    int code = uv_thread_create(&journal->thread, journal_writer, journal);

    if (code)
        return error_set(error, ERROR_SYSTEM,
                         "cannot start the journal's writer: %s",
                         uv_strerror(code));
    code = uv_async_init(loop, &journal->async, on_async);
    if (code) {
        stop_writer(journal);
        return error_set(error, ERROR_SYSTEM, "cannot wake the loop: %s",
                         uv_strerror(code));
    }
    journal->async.data = journal;
    set_pending(journal, 0);
    return 0;
}

int journal_open(struct journal **out, const struct journal_config *config,
                 struct error *error)
{
    struct journal *journal = ALLOC(struct journal);
    struct error ignored = {0};

    error = error ? error : &ignored;
    *out = NULL;
    journal->fatal = config->fatal;
    journal->tell_full = config->full;
    journal->arg = config->arg;
    journal->home = uv_thread_self();
    list_init(&journal->delivering);
    list_init(&journal->held);
    list_init(&journal->queued);
    list_init(&journal->committed);
    init_locks(journal);
    if (db_open(&journal->db, config->path, error) ||
        read_next_run(&journal->db, &journal->next_run, error) ||
        read_id(&journal->db, journal->id, error) ||
        start(journal, config->loop, error))
        goto fail;
    *out = journal;
    return 0;

fail:
    db_close(&journal->db);
    free_journal(journal);
    return error->code;
}

static void wait_for_results(struct journal *journal)
{
    uv_mutex_lock(&journal->lock);
    while (!journal->delivering.first && !journal->committed.first &&
           !journal->failed)
        uv_cond_wait(&journal->has_results, &journal->lock);
    uv_mutex_unlock(&journal->lock);
}

/* A full disk fails now what it would delay. */
static void hurry(struct journal *journal)
{
    uv_mutex_lock(&journal->lock);
    journal->hasty = true;
    uv_cond_signal(&journal->has_room);
    uv_mutex_unlock(&journal->lock);
}

void journal_close(struct journal *journal)
{
    if (!journal || journal->closing) /* again, from a callback of the first */
        return;
    journal->closing = true;
    hurry(journal);
    while (journal->pending && !journal->fatal_told) {
        wait_for_results(journal);
        deliver(journal);
    }
    stop_writer(journal);
    deliver(journal); /* a checkpoint may have failed after the last commit */
    list_free(&journal->queued);
    db_close(&journal->db);
    uv_close(handle_of(journal), on_closed);
}
