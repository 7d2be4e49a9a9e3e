#include "journal/journal_inner.h"

#include "base/crash.h"

/* The write-ahead log is moved into the database once it has this many pages
 * (16 MiB) and nobody waits, or four times as many anyway (64 MiB, which a
 * start after a crash reads in a fraction of a second). Longer is cheaper:
 * a page that many commits changed is moved once. */
enum { CHECKPOINT_PAGES = 4096 };

/* Between two tries whether there is room again, as nobody tells: each pause
 * is twice the last one. */
#define ROOM_FIRST_NS (10 * 1000000ull)
#define ROOM_MOST_NS (1000 * 1000000ull)

/* Moves writes of at most JOURNAL_GROUP records into the group. A larger one
 * is a group of its own: its size is its maker's choice. */
static void take_group(struct journal *journal, struct write_list *group)
{
    size_t records = 0;
    bool tied = false;

    while (journal->queued.first) {
        struct write *write = journal->queued.first;

        if (!tied && records && records + write->records > JOURNAL_GROUP)
            return;
        records += write->records;
        tied = write->tied;
        list_add(group, list_take(&journal->queued));
    }
}

static int commit_group(struct db *db, const struct write_list *group,
                        struct error *error)
{
    const struct audit_head head = db->head;
    int code = db_begin(db, error);

    for (struct write *write = group->first; !code && write;
         write = write->next)
        code = write->apply(db, write, error);
    if (!code)
        code = db_commit(db, error);
    if (code) {
        db_rollback(db);
        db->head = head;
    } else {
        CRASH(ENGINE_COMMITTED);
    }
    return code;
}

/* What comes of a group, told to the loop's thread. Under the lock. */
static void report(struct journal *journal, struct write_list *group, int code,
                   const struct error *error)
{
    if (code) {
        journal->failed = true;
        journal->error = *error;
    } else {
        journal->commits++;
        list_move(&journal->committed, group);
    }
    uv_cond_signal(&journal->has_results);
    uv_async_send(&journal->async);
}

static bool checkpoint_due(const struct journal *journal)
{
    int pages = journal->db.wal_pages;

    return pages >= 4 * CHECKPOINT_PAGES ||
           (pages >= CHECKPOINT_PAGES && !journal->queued.first);
}

/* Without the lock held. A checkpoint that finds no room leaves the log as it
 * is: the next commit waits for room, and the checkpoint is due again. */
static int checkpoint(struct db *db, struct error *error)
{
    int code = db_checkpoint(db, error);

    return code && db_go_on(db) ? 0 : code;
}

static void give_up(struct journal *journal)
{
    journal->working = false;
    uv_cond_broadcast(&journal->is_free);
}

static void say_full(struct journal *journal, bool full)
{
    if (journal->full == full)
        return;
    journal->full = full;
    uv_async_send(&journal->async);
}

/* Whoever reads may do so meanwhile. */
static void nap(struct journal *journal, uint64_t pause)
{
    give_up(journal);
    uv_cond_timedwait(&journal->has_room, &journal->lock, pause);
    while (journal->borrowed)
        uv_cond_wait(&journal->has_room, &journal->lock);
    journal->working = true;
}

/* Commits the group, and tries again where there was no room for it: what was
 * written of it lies behind the log's last commit, and is written over. With
 * the lock held but while SQLite works. */
static int commit_with_room(struct journal *journal, struct write_list *group,
                            struct error *error)
{
    uint64_t pause = ROOM_FIRST_NS;
    int code;

    for (;; pause = 2 * pause < ROOM_MOST_NS ? 2 * pause : ROOM_MOST_NS) {
        bool hasty = journal->hasty;

        uv_mutex_unlock(&journal->lock);
        code = commit_group(&journal->db, group, error);
        uv_mutex_lock(&journal->lock);
        if (!code || hasty || !db_go_on(&journal->db))
            break;
        say_full(journal, true);
        if (!journal->hasty)
            nap(journal, pause);
    }
    say_full(journal, false);
    return code;
}

/* One group, with the lock held but while SQLite works, and the connection
 * ours. After a failure
 * nothing is tried again: what an fsync could not write may be gone from the
 * page cache, so a second one that succeeds proves nothing. */
static void write_group(struct journal *journal)
{
    struct write_list group;
    struct error error;
    int code;

    journal->working = true;
    list_init(&group);
    take_group(journal, &group);
    code = commit_with_room(journal, &group, &error);
    report(journal, &group, code, &error);
    list_free(&group); /* empty, unless it failed */
    if (!code && checkpoint_due(journal)) {
        uv_mutex_unlock(&journal->lock);
        code = checkpoint(&journal->db, &error);
        uv_mutex_lock(&journal->lock);
        if (code)
            report(journal, &group, code, &error);
    }
    give_up(journal);
}

void journal_writer(void *arg)
{
    struct journal *journal = arg;

    uv_mutex_lock(&journal->lock);
    while (!journal->stopping)
        if (journal->queued.first && !journal->failed && !journal->borrowed)
            write_group(journal);
        else
            uv_cond_wait(&journal->has_work, &journal->lock);
    uv_mutex_unlock(&journal->lock);
}
