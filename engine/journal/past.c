#include "journal/past.h"

#include "base/alloc.h"
#include "journal/write.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLICE_ROWS = 256,         /* between two looks at the clock */
    SLICE_BYTES = 256 * 1024, /* of alarms: they are decoded in one go */
};
/* Well below the 5 ms that a read may take. */
#define SLICE_NS (2 * 1000000ull)

struct past_search {
    struct journal_key key;
    char *alarm; /* owned: the id */
    int64_t within;
    /* Behind the last row that was read; the journal's during a slice. */
    struct place {
        int64_t time, seq;
    } at;
    int64_t since;
    bool begun, over;
    int64_t total;
    size_t found; /* alarms that were given, over all slices */
    /* The slice under way: whom to tell, and what it brings. */
    journal_done_fn done;
    void *arg;
    struct place next;
    int64_t counted;
    bool last;
    struct journal_alarm_row rows[JOURNAL_PAST_MAX]; /* texts owned */
    size_t nrows;
};

void journal_key_of(const char *field, struct str value,
                    struct journal_key *key)
{
    struct hash *hash = hash_new();
    char hex[HASH_HEX];

    hash_add_part(hash, str_of(field));
    hash_add_part(hash, value);
    hash_end(hash, hex);
    hash_half(hex, key->bytes);
}

static void drop_rows(struct past_search *search)
{
    for (size_t i = 0; i < search->nrows; i++) {
        free((void *)(uintptr_t)search->rows[i].id);
        free((void *)(uintptr_t)search->rows[i].source);
        free((void *)(uintptr_t)search->rows[i].raw.data);
    }
    search->nrows = 0;
}

struct past_search *past_search_new(const struct journal_key *key,
                                    const char *alarm, int64_t within)
{
    struct past_search *search = ALLOC(struct past_search);

    search->key = *key;
    search->alarm = alloc_text(alarm);
    search->within = within;
    return search;
}

void past_search_free(struct past_search *search)
{
    if (!search)
        return;
    drop_rows(search);
    free(search->alarm);
    free(search);
}

const struct journal_alarm_row *
past_search_rows(const struct past_search *search, size_t *count)
{
    *count = search->nrows;
    return search->rows;
}

bool past_search_over(const struct past_search *search)
{
    return search->over;
}

int64_t past_search_total(const struct past_search *search)
{
    return search->total;
}

/* ---- the writer's thread ------------------------------------------------- */

/* An alarm that the journal does not have has no earlier ones. */
static int find_start(struct db *db, struct past_search *search,
                      struct error *error)
{
    sqlite3_stmt *statement =
        db_prepare(db, "SELECT time, seq FROM alarms WHERE id = ?",
                   DB_ROW(db_text(search->alarm)), error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    if (code == 1) {
        search->next.time = sqlite3_column_int64(statement, 0);
        search->next.seq = sqlite3_column_int64(statement, 1);
        if (__builtin_sub_overflow(search->next.time, search->within,
                                   &search->since))
            search->since = INT64_MIN;
    }
    search->last = code == 0;
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

static sqlite3_stmt *prepare(struct db *db, const struct past_search *search,
                             const char *sql, struct error *error)
{
    struct str key = {(const char *)search->key.bytes,
                      sizeof search->key.bytes};

    return db_prepare(db, sql,
                      DB_ROW(db_blob(key), db_integer(search->since),
                             db_integer(search->next.time),
                             db_integer(search->next.seq)),
                      error);
}

static void keep_row(struct past_search *search, sqlite3_stmt *statement)
{
    struct str raw = db_column(statement, 4);

    search->rows[search->nrows++] = (struct journal_alarm_row){
        .id = alloc_text(db_column_text(statement, 2)),
        .source = alloc_text(db_column_text(statement, 3)),
        .raw = {alloc_copy(raw.data, raw.len), raw.len},
        .time = sqlite3_column_int64(statement, 0),
        .received = sqlite3_column_int64(statement, 5),
        .count = sqlite3_column_int64(statement, 6),
    };
}

/* Behind the key's rows up to the place that was reached. */
#define EARLIER                                                                \
    " WHERE key = ?1 AND past.time >= ?2"                                      \
    " AND (past.time, alarm) < (?3, ?4)"                                       \
    " ORDER BY past.time DESC, alarm DESC"

/* The first alarms, whole. */
static int read_rows(struct db *db, struct past_search *search,
                     struct error *error)
{
    sqlite3_stmt *statement =
        prepare(db, search,
                "SELECT past.time, alarm, id, source, raw, received, count"
                " FROM past CROSS JOIN alarms ON seq = alarm" EARLIER,
                error);
    size_t bytes = 0;
    int code = 0;

    if (!statement)
        return error->code;
    while (search->found + search->nrows < JOURNAL_PAST_MAX &&
           bytes < SLICE_BYTES && (code = db_step(db, statement, error)) == 1) {
        keep_row(search, statement);
        bytes += search->rows[search->nrows - 1].raw.len;
        search->next.time = sqlite3_column_int64(statement, 0);
        search->next.seq = sqlite3_column_int64(statement, 1);
        search->counted++;
        code = 1;
    }
    search->last = code == 0 &&
                   search->found + search->nrows < JOURNAL_PAST_MAX &&
                   bytes < SLICE_BYTES;
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

/* The rest, of which only the number matters. */
static int count_rows(struct db *db, struct past_search *search,
                      struct error *error)
{
    uint64_t end = uv_hrtime() + SLICE_NS;
    sqlite3_stmt *statement =
        prepare(db, search, "SELECT past.time, alarm FROM past" EARLIER, error);
    int code;

    if (!statement)
        return error->code;
    while ((code = db_step(db, statement, error)) == 1) {
        search->next.time = sqlite3_column_int64(statement, 0);
        search->next.seq = sqlite3_column_int64(statement, 1);
        if (++search->counted % SLICE_ROWS == 0 && uv_hrtime() > end)
            break;
    }
    search->last = code == 0;
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

static int apply_past(struct db *db, struct write *write, struct error *error)
{
    struct past_search *search = write->past;
    int code = 0;

    drop_rows(search);
    search->next = search->at;
    search->counted = 0;
    search->last = false;
    if (!search->begun)
        code = find_start(db, search, error);
    if (code || search->last)
        return code;
    return search->found < JOURNAL_PAST_MAX ? read_rows(db, search, error)
                                            : count_rows(db, search, error);
}

/* ---- the loop's thread --------------------------------------------------- */

/* Takes over what the slice brought, once it is the caller's again. */
static void take_slice(struct past_search *search)
{
    search->begun = true;
    search->at = search->next;
    search->total += search->counted;
    search->found += search->nrows;
    search->over = search->last;
}

static void read_slice(void *arg)
{
    struct past_search *search = arg;

    take_slice(search);
    search->done(search->arg);
}

void journal_past_slice(struct journal *journal, struct past_search *search,
                        journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_past, 1, read_slice, search);

    search->done = done;
    search->arg = arg;
    write->past = search;
    journal_queue(journal, write);
}
