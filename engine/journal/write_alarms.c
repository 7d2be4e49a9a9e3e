#include "base/clock.h"
#include "base/crash.h"
#include "base/hash.h"
#include "journal/forgotten.h"
#include "journal/record.h"
#include "journal/write.h"

#include <assert.h>

static struct str bytes_of(const struct journal_key *keys, size_t count)
{
    return (struct str){(const char *)keys, count * sizeof *keys};
}

/* The alarm's row was inserted right before. */
static int insert_keys(struct db *db, const struct journal_alarm *alarm,
                       struct error *error)
{
    int code = db_run(db, STATEMENT_INSERT_NEW, (struct db_row){0}, error);

    for (size_t i = 0; code >= 0 && i < alarm->nkeys; i++)
        code = db_run(db, STATEMENT_INSERT_PAST,
                      DB_ROW(db_blob(bytes_of(&alarm->keys[i], 1)),
                             db_integer(alarm->row.time)),
                      error);
    return code < 0 ? code : 0;
}

static int apply_alarm(struct db *db, struct journal_alarm *alarm,
                       struct error *error)
{
    const struct journal_alarm_row *row = &alarm->row;
    int64_t same = 0;
    bool equal = false;
    int code =
        forgotten_find(db, row->id, row->source, row->raw, &equal, error);

    if (code) {
        alarm->verdict = equal ? JOURNAL_DUPLICATE : JOURNAL_REUSED;
        return code < 0 ? code : 0;
    }
    code = db_run(db, STATEMENT_INSERT_ALARM,
                  DB_ROW(db_text(row->id), db_text(row->source),
                         db_integer(row->time), db_integer(row->received),
                         db_integer(row->count), db_blob(row->raw),
                         db_blob(bytes_of(alarm->keys, alarm->nkeys))),
                  error);
    if (code < 0)
        return code;
    if (code == 1) {
        alarm->verdict = JOURNAL_NEW;
        return insert_keys(db, alarm, error);
    }
    code = db_find(
        db, STATEMENT_SAME_ALARM,
        DB_ROW(db_text(row->id), db_text(row->source), db_blob(row->raw)),
        &same, error);
    if (code < 0)
        return code;
    assert(code == 1);
    alarm->verdict = same ? JOURNAL_DUPLICATE : JOURNAL_REUSED;
    return 0;
}

/* One record for all of them, or the audit would be half of what an alarm
 * costs: how many there were of each verdict, and a hash over what they are. */
static int note_alarms(struct db *db, const struct write *write,
                       struct error *error)
{
    int64_t verdicts[JOURNAL_REUSED + 1] = {0};
    struct hash *hash = hash_new();
    struct record record;
    char hex[HASH_HEX];

    for (size_t i = 0; i < write->alarms.count; i++) {
        const struct journal_alarm *alarm = &write->alarms.items[i];

        verdicts[alarm->verdict]++;
        if (alarm->verdict != JOURNAL_NEW)
            continue;
        hash_add_part(hash, str_of(alarm->row.id));
        hash_add_part(hash, alarm->row.raw);
    }
    hash_end(hash, hex);
    record_begin(&record);
    json_int(&record.out, "new", verdicts[JOURNAL_NEW]);
    json_int(&record.out, "duplicates", verdicts[JOURNAL_DUPLICATE]);
    json_int(&record.out, "reused", verdicts[JOURNAL_REUSED]);
    json_text(&record.out, "sha256", hex);
    return record_append(&record, db, "alarms", clock_now(), error);
}

static int apply_alarms(struct db *db, struct write *write, struct error *error)
{
    int code = 0;

    for (size_t i = 0; !code && i < write->alarms.count; i++)
        code = apply_alarm(db, &write->alarms.items[i], error);
    for (size_t i = 0; !code && i < write->alarms.npositions; i++)
        code = position_apply(db, &write->alarms.positions[i], error);
    if (!code && (write->alarms.count || !write->alarms.npositions))
        code = note_alarms(db, write, error);
    CRASH(ENGINE_ALARM_WRITTEN);
    return code;
}

void journal_write_read(struct journal *journal, struct journal_alarm *alarms,
                        size_t count, const struct journal_position *positions,
                        size_t npositions, journal_done_fn done, void *arg)
{
    struct write *write =
        write_new(apply_alarms, count + npositions, done, arg);

    write->alarms.items = alarms;
    write->alarms.count = count;
    write->alarms.positions = position_keep(write, positions, npositions);
    write->alarms.npositions = npositions;
    journal_queue(journal, write);
}

void journal_write_alarms(struct journal *journal, struct journal_alarm *alarms,
                          size_t count, journal_done_fn done, void *arg)
{
    journal_write_read(journal, alarms, count, NULL, 0, done, arg);
}
