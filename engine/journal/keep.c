#include "journal/keep_inner.h"
#include "journal/write.h"

enum {
    /* Where the file is too large it is cleared step by step, so that runs,
     * alarms and records of one time go together. */
    STEP_ALARMS = 256,
    STEP_RUNS = 64,
    RECORDS = 256, /* of a JOURNAL_GROUP, for what a slice costs */
};
/* Rows are looked at for so long; what the last ones cost comes on top. */
#define SLICE_NS (2 * 1000000ull)

bool keep_late(const struct keep_slice *slice)
{
    return uv_hrtime() > slice->end;
}

int keep_run(struct db *db, const char *sql, struct db_row row,
             struct error *error)
{
    int64_t ignored;

    return read_integer(db, sql, row, 0, &ignored, error);
}

/* ---- how much there is ----------------------------------------------------
 */

/* Pages that hold something: the free ones are used again. */
static int find_used(struct db *db, int64_t *used, struct error *error)
{
    static const char *const texts[] = {
        "PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"};
    int64_t found[3] = {0};
    int code = 0;

    for (int i = 0; i < 3 && !code; i++)
        code =
            read_integer(db, texts[i], (struct db_row){0}, 0, &found[i], error);
    *used = (found[0] - found[1]) * found[2];
    return code;
}

/* The time of the row that the next step of this kind would end with. */
static int find_step(struct db *db, const char *sql,
                     const struct keep_place *place, int offset, int64_t *time,
                     struct error *error)
{
    return read_integer(db, sql,
                        DB_ROW(db_integer(place->time),
                               db_integer(place->number),
                               db_integer(offset - 1)),
                        INT64_MAX, time, error);
}

/* Where the file is too large: a step further than the last slice, whatever
 * the age of what is there. */
static int find_cut(struct db *db, const struct keep_pass *pass,
                    struct keep_slice *slice, struct error *error)
{
    int64_t used, times[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
    int64_t first = pass->now;
    int code = find_used(db, &used, error);

    slice->cut = pass->before;
    slice->last = slice->aged = true;
    if (code || used <= pass->size)
        return code;
    code =
        find_step(db,
                  "SELECT received FROM alarms WHERE (received, seq) >"
                  " (?1, ?2) ORDER BY received, seq LIMIT 1 OFFSET ?3",
                  &pass->at.places[KEEP_ALARMS], STEP_ALARMS, &times[0], error);
    if (!code)
        code =
            find_step(db,
                      "SELECT started FROM runs WHERE (started, run) >"
                      " (?1, ?2) ORDER BY started, run LIMIT 1 OFFSET ?3",
                      &pass->at.places[KEEP_RUNS], STEP_RUNS, &times[1], error);
    if (!code && !pass->at.stuck)
        code = read_integer(db,
                            "SELECT iif(count(*) = ?1, max(time), NULL) FROM"
                            " (SELECT time FROM audit ORDER BY n LIMIT ?1)",
                            DB_ROW(db_integer(KEEP_AUDIT)), INT64_MAX,
                            &times[2], error);
    for (int i = 0; i < 3; i++) {
        slice->last = slice->last && times[i] >= pass->now;
        first = times[i] < first ? times[i] + 1 : first;
    }
    slice->aged = first <= pass->before;
    slice->cut = slice->aged ? pass->before : first;
    return code;
}

/* ---- a slice ---------------------------------------------------------------
 */

static int note_removed(struct db *db, const struct keep_pass *pass,
                        struct keep_slice *slice, struct error *error)
{
    static const char *const names[KEEP_KINDS] = {
        [KEEP_RUNS] = "runs", [KEEP_LEASES] = "leases", [KEEP_SETS] = "sets"};
    struct record record;

    record_begin(&record);
    json_int(&record.out, "until", slice->cut);
    json_text(&record.out, "why", slice->aged ? "age" : "size");
    json_int(&record.out, "alarms", (int64_t)slice->gone[KEEP_ALARMS].count);
    for (int i = 0; i < KEEP_KINDS; i++) {
        if (!names[i] || !slice->gone[i].count)
            continue;
        json_key(&record.out, names[i]);
        json_open(&record.out, '[');
        json_put_raw(&record.out, buf_str(&slice->gone[i].text));
        json_close(&record.out, ']');
    }
    if (slice->head.n) {
        json_key(&record.out, "audit");
        json_open(&record.out, '{');
        json_int(&record.out, "n", slice->head.n);
        json_text(&record.out, "hash", slice->head.hash);
        json_int(&record.out, "run", slice->run);
        json_close(&record.out, '}');
    }
    return record_append(&record, db, "removed", pass->now, error);
}

/* One kind after the other, as a later one is needed by an earlier. */
static int remove_all(struct db *db, struct keep_pass *pass,
                      struct keep_slice *slice, struct error *error)
{
    bool over = true;
    size_t count = 0;
    int code = 0;

    for (int i = 0; i < KEEP_KINDS && over && !code; i++)
        code = keep_rows(db, slice, i, &pass->next.places[i], pass->sets, &over,
                         error);
    if (!code && over)
        code = keep_audit(db, slice, &pass->next.stuck, &over, error);
    for (int i = 0; i < KEEP_KINDS; i++)
        count += slice->gone[i].count;
    if (!code && (count || slice->head.n))
        code = note_removed(db, pass, slice, error);
    pass->over = over && (slice->last || !slice->rows);
    return code;
}

static int apply_keep(struct db *db, struct write *write, struct error *error)
{
    struct keep_pass *pass = write->keep;
    struct keep_slice slice = {.now = pass->now};
    int code = find_cut(db, pass, &slice, error);

    slice.end = uv_hrtime() + SLICE_NS;
    pass->next = pass->at;
    if (!code)
        code = remove_all(db, pass, &slice, error);
    if (!code)
        code = find_used(db, &pass->used, error);
    pass->looked = slice.rows;
    for (int i = 0; i < KEEP_KINDS; i++)
        buf_free(&slice.gone[i].text);
    return code;
}

static void kept(void *arg)
{
    struct keep_pass *pass = arg;

    pass->at = pass->next;
    pass->rows += pass->looked;
    pass->done(pass->arg);
}

void journal_write_keep(struct journal *journal, struct keep_pass *pass,
                        journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_keep, RECORDS, kept, pass);

    pass->done = done;
    pass->arg = arg;
    write->keep = pass;
    journal_queue(journal, write);
}
