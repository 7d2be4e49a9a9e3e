#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What opening refuses, and what it says. */

static int make_place(void **state)
{
    struct place *place = ALLOC(struct place);

    place_make(place);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    if (place->journal)
        place_shut(place);
    place_remove(place);
    free(place);
    return 0;
}

/* The journal must not open, with this code and a text that holds this, and
 * leave no descriptor behind. */
static void refused(struct place *place, const char *path, int code,
                    const char *text)
{
    int before = descriptors();

    assert_int_equal(place_try(place, path), code);
    assert_null(place->journal);
    if (!strstr(place->error.text, text))
        fail_msg("\"%s\" does not say \"%s\"", place->error.text, text);
    assert_string_equal(place->error.where, path);
    assert_int_equal(descriptors(), before);
}

/* Runs SQL on the closed journal's file. */
static void tamper(struct place *place, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = alloc_zeroed(1, 64 * 1024);

    assert_non_null(file);
    assert_true(fread(text, 1, 64 * 1024 - 1, file) > 0);
    fclose(file);
    return text;
}

static void write_file(const char *path, off_t at, const char *bytes,
                       size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), len);
    close(fd);
}

static void fill(struct place *place, int alarms)
{
    place_open(place);
    for (int i = 0; i < alarms; i++) {
        char id[16];
        struct journal_alarm alarm;

        snprintf(id, sizeof id, "id%d", i);
        alarm = alarm_with(id, "some line of a log");
        journal_write_alarms(place->journal, &alarm, 1, NULL, NULL);
        place_settle(place);
    }
    place_shut(place);
}

static void a_new_file_is_for_its_owner_alone(void **state)
{
    struct place *place = *state;
    mode_t old = umask(0);
    struct journal_alarm alarm = alarm_with("a", "x");
    struct stat status;
    char log[128];

    place_open(place);
    journal_write_alarms(place->journal, &alarm, 1, NULL, NULL);
    place_settle(place);
    umask(old);
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    snprintf(log, sizeof log, "%s-wal", place->path);
    assert_int_equal(stat(log, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_missing_folder_is_named(void **state)
{
    refused(*state, "/nonexistent/state/journal.db", ERROR_NOT_FOUND,
            "there is no folder /nonexistent/state; create it");
}

static void a_folder_that_cannot_be_written_is_named(void **state)
{
    struct place *place = *state;
    bool root = geteuid() == 0;
    char want[128];

    chmod(place->folder, 0500);
    if (root)
        assert_int_equal(chown(place->folder, 65534, 65534), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    snprintf(want, sizeof want, "the folder %s is not writable for uid %d",
             place->folder, (int)geteuid());
    refused(place, place->path, ERROR_SYSTEM, want);
    if (root)
        assert_int_equal(seteuid(0), 0);
    chmod(place->folder, 0700);
}

static void a_file_that_cannot_be_written_is_refused(void **state)
{
    struct place *place = *state;
    bool root = geteuid() == 0;

    fill(place, 1);
    chmod(place->path, 0444);
    if (root) {
        chmod(place->folder, 0755);
        assert_int_equal(seteuid(65534), 0);
    }
    refused(place, place->path, ERROR_SYSTEM, "write-protected for uid");
    if (root)
        assert_int_equal(seteuid(0), 0);
}

static void a_folder_is_no_journal(void **state)
{
    struct place *place = *state;

    refused(place, place->folder, ERROR_SYSTEM, "readable and writable");
}

static void an_empty_file_becomes_a_journal(void **state)
{
    struct place *place = *state;

    write_file(place->path, 0, "", 0);
    place_open(place);
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct place *place = *state;

    char sql[64], words[64];

    fill(place, 1);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", JOURNAL_SCHEMA + 1);
    snprintf(words, sizeof words, "newer riposte (schema %d",
             JOURNAL_SCHEMA + 1);
    tamper(place, sql);
    refused(place, place->path, ERROR_INVALID, words);
    assert_int_equal(
        place_query(place, "SELECT user_version FROM pragma_user_version"),
        JOURNAL_SCHEMA + 1);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", JOURNAL_SCHEMA);
    tamper(place, sql);
    place_open(place);
}

/* What the programs of schema 2 and 3 made of the file of schema 1, and put
 * into it. */
static const char *const later_schemas[] = {
    "CREATE TABLE schedules (policy TEXT NOT NULL PRIMARY KEY,"
    " every TEXT NOT NULL, due INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO schedules VALUES ('nightly', '1d', 1795478400000);"
    "PRAGMA user_version = 2",
    "CREATE TABLE waiting (run INTEGER PRIMARY KEY REFERENCES runs (run),"
    " due INTEGER NOT NULL, request TEXT NOT NULL) STRICT;"
    "INSERT INTO sets VALUES ('s', 1);"
    "INSERT INTO runs (run, set_hash, started) VALUES (7, 's', 1);"
    "INSERT INTO waiting VALUES (7, 1795478400000, '{\"kind\":\"action\"}');"
    "PRAGMA user_version = 3",
};

/* The columns of every table and index, by name: as text a table that was
 * made earlier may have other blanks. */
static int64_t shape_of(struct place *place)
{
    return place_query(
        place, "SELECT sum(length(t.name || c.name || c.type) * (1 + c.pk)"
               " * (2 + c.\"notnull\")) + count(*)"
               " FROM sqlite_schema t, pragma_table_xinfo(t.name) c");
}

/* A journal of that schema is brought up, and what it had is there. */
static void brought_up(struct place *place, int schema, int64_t shape)
{
    char *sql = read_text("tests/data/journal/schema1.sql");

    tamper(place, sql);
    free(sql);
    for (int i = 0; i < schema - 1; i++)
        tamper(place, later_schemas[i]);
    place_open(place);
    assert_string_equal(journal_id(place->journal), "354a13bf8dbd8ad7");
    assert_int_equal(journal_read_next_run(place->journal), schema > 2 ? 8 : 1);
    journal_write_note(place->journal, "note", str_of("{}"), 1, NULL, NULL);
    place_settle(place);
    place_shut(place);
    assert_int_equal(shape_of(place), shape);
    assert_int_equal(
        place_query(place, "SELECT user_version FROM pragma_user_version"),
        JOURNAL_SCHEMA);
    assert_int_equal(place_query(place, "SELECT count(*) FROM alarms"
                                        " WHERE time = 1795478400000"),
                     1);
    assert_int_equal(place_query(place, "SELECT count(*) FROM schedules"),
                     schema > 1);
    assert_int_equal(place_query(place, "SELECT count(*) FROM waiting"),
                     schema > 2);
    assert_int_equal(place_query(place, "SELECT n FROM audit"), 1);
    place_check_integrity(place);
    /* Once more: nothing is left to be done. */
    place_open(place);
    place_shut(place);
}

static void older_schemas_are_brought_up(void **state)
{
    struct place *place = *state;
    int64_t shape;

    place_open(place);
    place_shut(place);
    shape = shape_of(place);
    for (int schema = 1; schema < JOURNAL_SCHEMA; schema++) {
        assert_int_equal(unlink(place->path), 0);
        brought_up(place, schema, shape);
    }
}

static void the_database_of_another_program_is_refused(void **state)
{
    struct place *place = *state;

    tamper(place, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    refused(place, place->path, ERROR_INVALID, "another program");
    tamper(place, "PRAGMA user_version = 1");
    refused(place, place->path, ERROR_INVALID, "another program");
    assert_int_equal(place_query(place, "SELECT a FROM t"), 1);
}

static void what_is_no_database_is_refused(void **state)
{
    struct place *place = *state;
    char text[8192];

    memset(text, 'x', sizeof text);
    write_file(place->path, 0, text, sizeof text);
    refused(place, place->path, ERROR_INVALID, "damaged or no journal");
}

static void a_damaged_head_is_refused(void **state)
{
    struct place *place = *state;

    fill(place, 100);
    write_file(place->path, 100, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    refused(place, place->path, ERROR_INVALID, "restore it from a backup");
}

static void a_file_that_was_cut_is_refused(void **state)
{
    struct place *place = *state;

    fill(place, 100);
    assert_int_equal(truncate(place->path, 8192), 0);
    refused(place, place->path, ERROR_INVALID, "restore it from a backup");
}

static void schema_without_a_table_is_refused(void **state)
{
    struct place *place = *state;

    fill(place, 1);
    tamper(place, "DROP TABLE steps");
    refused(place, place->path, ERROR_INVALID, "no such table: steps");
}

static int count_alarm(void *arg, const struct journal_alarm_row *row)
{
    (void)row;
    ++*(int *)arg;
    return 0;
}

/* Overwrites every page from the third on: what is read must be an error,
 * never a wrong row. */
static void damage_is_seen_when_it_is_read(void **state)
{
    struct place *place = *state;
    char junk[4096];
    struct stat status;
    struct error error;
    int count = 0;

    memset(junk, 0xa5, sizeof junk);
    fill(place, 100);
    assert_int_equal(stat(place->path, &status), 0);
    for (off_t at = 2 * 4096; at < status.st_size; at += 4096)
        write_file(place->path, at, junk, sizeof junk);
    if (place_try(place, place->path)) {
        assert_non_null(strstr(place->error.text, "damaged"));
        return;
    }
    assert_int_equal(
        journal_read_new_alarms(place->journal, count_alarm, &count, &error),
        ERROR_INVALID);
    assert_non_null(strstr(error.text, "damaged"));
    assert_int_equal(count, 0);
}

static void a_second_one_in_this_process_is_refused(void **state)
{
    struct place *place = *state;
    struct place second = *place;
    struct journal_alarm alarm = alarm_with("a", "x");
    int done = 0;

    place_open(place);
    /* SQLite keeps its descriptor until the first lets go of the lock. */
    assert_int_equal(place_try(&second, place->path), ERROR_BUSY);
    assert_non_null(strstr(second.error.text, "has it open"));
    journal_write_alarms(place->journal, &alarm, 1, count_done, &done);
    place_settle(place);
    assert_int_equal(done, 1);
}

static void another_process_is_refused(void **state)
{
    struct place *place = *state;
    pid_t child;
    int ready[2], status;
    char byte;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct place theirs = {0};

        uv_loop_init(&theirs.loop);
        place_try(&theirs, place->path);
        if (write(ready[1], theirs.journal ? "y" : "n", 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    refused(place, place->path, ERROR_BUSY, "stop that one first");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ready[0]);
    close(ready[1]);
    place_open(place); /* a killed one leaves no lock */
}

static void a_path_is_never_a_uri(void **state)
{
    struct place *place = *state;
    char before[4096];

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(place->folder), 0);
    assert_int_equal(place_try(place, "file:x?mode=memory"), 0);
    place_shut(place);
    assert_int_equal(access("file:x?mode=memory", F_OK), 0);
    assert_int_equal(chdir(before), 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)

static void every_journal_has_an_id_of_its_own(void **state)
{
    struct place *place = *state;
    char first[JOURNAL_ID];

    place_open(place);
    snprintf(first, sizeof first, "%s", journal_id(place->journal));
    assert_int_equal(strlen(first), JOURNAL_ID - 1);
    place_reopen(place);
    assert_string_equal(journal_id(place->journal), first);
    place_shut(place);
    assert_int_equal(unlink(place->path), 0);
    place_open(place);
    assert_string_not_equal(journal_id(place->journal), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_for_its_owner_alone),
        TEST(a_missing_folder_is_named),
        TEST(a_folder_that_cannot_be_written_is_named),
        TEST(a_file_that_cannot_be_written_is_refused),
        TEST(a_folder_is_no_journal),
        TEST(an_empty_file_becomes_a_journal),
        TEST(older_schemas_are_brought_up),
        TEST(a_newer_schema_is_refused_and_left_alone),
        TEST(the_database_of_another_program_is_refused),
        TEST(what_is_no_database_is_refused),
        TEST(a_damaged_head_is_refused),
        TEST(a_file_that_was_cut_is_refused),
        TEST(schema_without_a_table_is_refused),
        TEST(damage_is_seen_when_it_is_read),
        TEST(a_second_one_in_this_process_is_refused),
        TEST(another_process_is_refused),
        TEST(a_path_is_never_a_uri),
        TEST(every_journal_has_an_id_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
