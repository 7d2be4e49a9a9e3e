#include "journal/journal_inner.h"

#include <assert.h>

/*
 * The connection, for as long as one reading takes. Before the first write it
 * is the loop's thread's, and nobody else is there. Behind it, it is the
 * writer's; another thread may have it between two groups, and what queued
 * meanwhile goes first when it comes back for more.
 */

static bool mine(struct journal *journal)
{
    uv_thread_t self = uv_thread_self();

    return journal->borrowed && uv_thread_equal(&journal->borrower, &self);
}

/* With the lock held: is it the turn of somebody who came after that many
 * commits? */
static bool turn(const struct journal *journal, uint64_t commits)
{
    return !journal->borrowed && !journal->working &&
           (!journal->queued.first || journal->failed || journal->full ||
            journal->commits > commits);
}

struct db *journal_borrow(struct journal *journal)
{
    uv_thread_t self = uv_thread_self();
    uint64_t commits;

    /* It would wait for a commit. */
    assert(!uv_thread_equal(&self, &journal->home) || !journal->writing);
    uv_mutex_lock(&journal->lock);
    commits = journal->commits;
    while (!mine(journal) && !turn(journal, commits))
        uv_cond_wait(&journal->is_free, &journal->lock);
    journal->borrowed++;
    journal->borrower = self;
    uv_mutex_unlock(&journal->lock);
    return &journal->db;
}

void journal_return(struct journal *journal)
{
    uv_mutex_lock(&journal->lock);
    assert(mine(journal));
    if (!--journal->borrowed) {
        uv_cond_broadcast(&journal->is_free);
        uv_cond_signal(&journal->has_work);
        uv_cond_signal(&journal->has_room);
    }
    uv_mutex_unlock(&journal->lock);
}
