#include "policy/threshold.h"

#include "../seed.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static char *by_sip[] = {"SIP"};

static struct policy policy_of(int64_t count, int64_t within, int64_t again)
{
    return (struct policy){
        .threshold = {.count = count,
                      .within = within,
                      .again = again,
                      .by = {.items = by_sip, .len = 1}},
        .counter = "counter",
    };
}

/* The rows, as the journal would hold them: key to struct buf. */
static void apply(struct table *rows, const struct threshold_change *changes,
                  size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct buf *row = table_remove(rows, changes[i].key);

        if (row) {
            buf_free(row);
            free(row);
        }
        if (!changes[i].state.len)
            continue;
        row = ALLOC(struct buf);
        buf_add_str(row, changes[i].state);
        table_put(rows, changes[i].key, row);
    }
}

static struct thresholds *loaded(const struct table *rows)
{
    struct thresholds *thresholds = thresholds_new();
    struct table_walk walk = {0};
    struct buf *row;
    struct str key;

    while ((row = table_next(rows, &walk, &key))) {
        struct error error = {0};

        if (thresholds_load(thresholds, "counter", key, buf_str(row), &error))
            fail_msg("%s", error.text);
    }
    return thresholds;
}

static void rows_free(struct table *rows)
{
    struct table_walk walk = {0};
    struct buf *row;

    while ((row = table_next(rows, &walk, NULL))) {
        buf_free(row);
        free(row);
    }
    table_free(rows);
}

/* One alarm of that time; fields NULL: SIP is "a". */
static bool counts_at(struct thresholds *thresholds,
                      const struct policy *policy, int64_t time, int64_t count,
                      const char *fields, struct table *rows)
{
    struct error error = {0};
    struct json_doc *doc = json_parse(
        str_of(fields ? fields : "{\"SIP\":\"a\"}"), "test", 1, &error);
    struct alarm alarm = {.time = time, .count = count};
    struct threshold_change changes[2];
    size_t nchanges;
    bool fired;

    if (!doc)
        fail_msg("%s", error.text);
    alarm.fields = alarm.record = json_root(doc);
    fired = thresholds_count(thresholds, policy, &alarm, changes, &nchanges);
    assert_true(nchanges <= 2);
    if (rows)
        apply(rows, changes, nchanges);
    json_free(doc);
    return fired;
}

#define AT(time) counts_at(thresholds, &policy, time, 1, NULL, NULL)

static void the_window_slides(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(3, 10, 10);

    (void)state;
    assert_false(AT(0));
    assert_false(AT(5));
    assert_false(AT(11)); /* 0 is out */
    assert_true(AT(15));  /* 5, 11, 15: newest - oldest is within */
    thresholds_free(thresholds);
    thresholds_free(NULL);
}

static void said_is(const struct thresholds *thresholds,
                    enum threshold_verdict verdict, int64_t n, int64_t time)
{
    struct threshold_said said = thresholds_said(thresholds);

    assert_string_equal(threshold_verdict_names[said.verdict],
                        threshold_verdict_names[verdict]);
    assert_int_equal(said.n, n);
    assert_int_equal(said.time, time);
}

static void it_says_what_became_of_an_alarm(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(3, 10, 20);

    (void)state;
    AT(100);
    said_is(thresholds, THRESHOLD_COUNTED, 1, 0);
    counts_at(thresholds, &policy, 100, 1, "{\"DIP\":1}", NULL);
    said_is(thresholds, THRESHOLD_LACKS, 0, 0);
    AT(89);
    said_is(thresholds, THRESHOLD_LATE, 0, 100);
    AT(90);
    said_is(thresholds, THRESHOLD_COUNTED, 2, 0);
    AT(100);
    said_is(thresholds, THRESHOLD_COMPLETE, 3, 120);
    AT(110);
    said_is(thresholds, THRESHOLD_SILENT, 0, 130);
    AT(130);
    said_is(thresholds, THRESHOLD_COUNTED, 1, 0);
    thresholds_free(thresholds);
}

static void both_ends_count(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(2, 10, 10);

    (void)state;
    assert_false(AT(0));
    assert_false(AT(11));
    assert_true(AT(21));
    thresholds_free(thresholds);
}

static void a_count_of_one_fires_at_once(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(1, 10, 10);

    (void)state;
    assert_true(AT(-5));
    assert_false(AT(4)); /* silent until 5, now until 14 */
    assert_false(AT(13));
    assert_true(AT(23));
    thresholds_free(thresholds);
}

static void silence_lasts_while_matches_come(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(2, 10, 100);

    (void)state;
    assert_false(AT(0));
    assert_true(AT(1));
    for (int64_t time = 2; time < 1000; time += 50)
        assert_false(AT(time));
    assert_false(AT(1051)); /* 952 + 100 - 1: still silent, until 1151 */
    assert_false(AT(1151)); /* the first of a new window */
    assert_true(AT(1152));
    thresholds_free(thresholds);
}

static void late_alarms_count_by_their_time(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(3, 10, 10);

    (void)state;
    assert_false(AT(100));
    assert_false(AT(89)); /* older than the newest by more than within */
    assert_false(AT(90));
    assert_true(AT(95));
    thresholds_free(thresholds);
}

static void an_alarm_may_count_for_several(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(5, 10, 10);

    (void)state;
    assert_false(counts_at(thresholds, &policy, 0, 3, NULL, NULL));
    assert_true(counts_at(thresholds, &policy, 0, 2, NULL, NULL));
    assert_true(counts_at(thresholds, &policy, 100, INT64_MAX, NULL, NULL));
    thresholds_free(thresholds);
}

static void keys_are_apart(void **state)
{
    static char *by[] = {"SIP", "SPort"};
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(2, 10, 10);
    static const char *const alarms[] = {
        "{\"SIP\":\"a\",\"SPort\":1}",      "{\"SIP\":\"a\",\"SPort\":2}",
        "{\"SIP\":\"b\",\"SPort\":1}",      "{\"SIP\":\"a1:1\",\"SPort\":1}",
        "{\"SIP\":\"a\",\"SPort\":\"11\"}", "{\"SIP\":\"\",\"SPort\":1}",
    };

    (void)state;
    policy.threshold.by = (struct words){.items = by, .len = 2};
    for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++)
        assert_false(counts_at(thresholds, &policy, 0, 1, alarms[i], NULL));
    for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++)
        assert_true(counts_at(thresholds, &policy, 1, 1, alarms[i], NULL));
    thresholds_free(thresholds);
}

static void an_alarm_that_lacks_one_does_not_count(void **state)
{
    static char *by[] = {"SIP", "SPort"};
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(1, 10, 10);
    struct table *rows = table_new();

    (void)state;
    policy.threshold.by = (struct words){.items = by, .len = 2};
    assert_false(counts_at(thresholds, &policy, 0, 1, "{\"SIP\":\"a\"}", rows));
    assert_false(counts_at(thresholds, &policy, 0, 1,
                           "{\"SIP\":\"a\",\"SPort\":null}", rows));
    assert_int_equal(table_count(rows), 0);
    policy.threshold.by = (struct words){0};
    assert_true(counts_at(thresholds, &policy, 0, 1, "{}", rows));
    thresholds_free(thresholds);
    rows_free(rows);
}

static void long_keys_are_apart_too(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(2, 10, 10);
    struct table *rows = table_new();
    struct table_walk walk = {0};
    char fields[400];
    struct str key;

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(fields, sizeof fields, "{\"SIP\":\"%0300d\"}", i);
        assert_false(counts_at(thresholds, &policy, 0, 1, fields, rows));
    }
    assert_int_equal(table_count(rows), 2);
    while (table_next(rows, &walk, &key))
        assert_true(key.len < 100);
    assert_true(counts_at(thresholds, &policy, 0, 1, fields, rows));
    thresholds_free(thresholds);
    rows_free(rows);
}

static void rows_bring_counts_back(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(3, 10, 10);
    struct str key = str_of("1:a");

    (void)state;
    assert_int_equal(thresholds_load(thresholds, "counter", key,
                                     str_of("100 - 9:1 0:1"), NULL),
                     0);
    assert_true(AT(101));
    assert_int_equal(
        thresholds_load(thresholds, "counter", key, str_of("100 110"), NULL),
        0);
    assert_false(AT(109));
    assert_int_equal(
        thresholds_load(thresholds, "other", key, str_of("100 - 0:2"), NULL),
        0);
    assert_false(AT(300));
    thresholds_free(thresholds);
}

static void other_rows_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "x",
        "1",
        "1 ",
        "1 - ",
        "1 -5x",
        "1 - 5",
        "1 - 5:",
        "1 - 5:0",
        "1 - 5:-1",
        "1 - -5:1",
        "1 - 5:1001",
        "1 - 5:1 ",
        "1 -  5:1",
        "12345678901234567 -",
        "1 - 99999999999999999:1",
        "+1 -",
    };
    struct thresholds *thresholds = thresholds_new();
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!thresholds_load(thresholds, "counter", str_of("1:a"),
                             str_of(wrong[i]), &error))
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_non_null(strstr(error.text, "is no state"));
    assert_int_equal(thresholds_load(thresholds, "counter", str_of("1:a"),
                                     str_of("1 - 5:1000"), &error),
                     0);
    thresholds_free(thresholds);
}

static void the_longest_idle_key_makes_room(void **state)
{
    struct thresholds *thresholds = thresholds_new();
    struct policy policy = policy_of(2, 10, 10);
    struct table *rows = table_new();
    char fields[64];

    (void)state;
    for (int i = 0; i < THRESHOLD_KEYS_MAX; i++) {
        snprintf(fields, sizeof fields, "{\"SIP\":\"%d\"}", i);
        assert_false(counts_at(thresholds, &policy, 0, 1, fields, rows));
    }
    assert_int_equal(table_count(rows), THRESHOLD_KEYS_MAX);
    /* Used again, 0 is no longer the one that is idle longest: 1 is. */
    assert_true(counts_at(thresholds, &policy, 1, 1, "{\"SIP\":\"0\"}", rows));
    assert_non_null(table_get(rows, str_of("1:1")));
    assert_false(
        counts_at(thresholds, &policy, 1, 1, "{\"SIP\":\"new\"}", rows));
    assert_int_equal(table_count(rows), THRESHOLD_KEYS_MAX);
    assert_non_null(table_get(rows, str_of("1:0")));
    assert_null(table_get(rows, str_of("1:1")));
    assert_non_null(table_get(rows, str_of("1:2")));
    assert_true(counts_at(thresholds, &policy, 1, 1, "{\"SIP\":\"2\"}", rows));
    thresholds_free(thresholds);
    rows_free(rows);
}

/* ---- against the rule written down as plainly as possible -------------- */

enum { KEYS = 4, ROUNDS = 20000 };

struct model {
    bool any;
    int64_t newest, silent;
    struct {
        int64_t time, count;
    } events[ROUNDS];
    size_t len;
};

static bool model_count(struct model *model,
                        const struct policy_threshold *threshold, int64_t time,
                        int64_t count)
{
    int64_t sum = 0;

    if (model->any && model->newest - time > threshold->within)
        return false;
    if (!model->any || time > model->newest)
        model->newest = time;
    if (model->any && time < model->silent) {
        if (model->silent < time + threshold->again)
            model->silent = time + threshold->again;
        return false;
    }
    if (!model->any)
        model->silent = INT64_MIN;
    model->any = true;
    model->events[model->len].time = time;
    model->events[model->len++].count = count;
    for (size_t i = 0; i < model->len; i++)
        if (model->newest - model->events[i].time <= threshold->within)
            sum += model->events[i].count;
    if (sum < threshold->count)
        return false;
    model->len = 0;
    model->silent = model->newest + threshold->again;
    return true;
}

static int64_t below(unsigned *seed, int n)
{
    return rand_r(seed) % n;
}

static void it_agrees_with_a_model(void **state)
{
    unsigned seed = test_seed();
    struct model *models = alloc_zeroed(KEYS, sizeof *models);
    struct thresholds *thresholds = thresholds_new();
    struct table *rows = table_new();
    struct policy policy;
    int64_t now = 1000;
    int fired = 0;

    (void)state;
    print_message("seed %u\n", seed);
    policy = policy_of(1 + below(&seed, 6), 5 + below(&seed, 30),
                       1 + below(&seed, 60));
    for (int i = 0; i < ROUNDS; i++) {
        int64_t key = below(&seed, KEYS), count = 1 + (below(&seed, 9) == 0);
        int64_t at, leap = below(&seed, 50) ? 4 : 200;
        char fields[32];
        bool want, got;

        now += below(&seed, (int)leap);
        at = now - (below(&seed, 3) ? 0 : below(&seed, 60));
        snprintf(fields, sizeof fields, "{\"SIP\":\"%d\"}", (int)key);
        want = model_count(&models[key], &policy.threshold, at, count);
        got = counts_at(thresholds, &policy, at, count, fields, rows);
        if (want != got)
            fail_msg("round %d: fired %d, not %d", i, got, want);
        fired += got;
        if (below(&seed, 100) == 0) { /* a restart */
            thresholds_free(thresholds);
            thresholds = loaded(rows);
        }
    }
    assert_true(fired > 0);
    thresholds_free(thresholds);
    rows_free(rows);
    free(models);
}

/* ---- a real log -------------------------------------------------------- */

/* A line's time, address and count, where it tells of a failed password. */
static bool failed_password(const char *line, int64_t *time, char address[64],
                            int64_t *count)
{
    static const char repeated[] = "message repeated ";
    const char *failed = strstr(line, "Failed password for ");
    const char *times = strstr(line, repeated), *from = NULL;

    for (const char *at = failed; at && (at = strstr(at, " from ")); at++)
        from = at;
    if (!from || sscanf(from, " from %63s port", address) != 1)
        return false;
    *count = times ? strtol(times + sizeof repeated - 1, NULL, 10) : 1;
    return clock_parse_syslog((struct str){line, 15}, 0, clock_now(), time) ==
           0;
}

/* Computed from the log by other means (awk): 11 addresses, 12 firings. */
static void a_real_log_fires_for_its_attackers(void **state)
{
    const char *shared = getenv("RIPOSTE_SHARED");
    char *path =
        alloc_printf("%s/data/openssh-2k.log", shared ? shared : "../shared");
    FILE *log = fopen(path, "r");
    struct thresholds *thresholds = thresholds_new();
    struct table *attackers = table_new();
    struct policy policy = policy_of(5, 60 * 1000, 60 * 1000);
    char line[1024], address[64], fields[128];
    int64_t at, count;
    int fired = 0;

    (void)state;
    while (log && fgets(line, sizeof line, log)) {
        if (!failed_password(line, &at, address, &count))
            continue;
        snprintf(fields, sizeof fields, "{\"SIP\":\"%s\"}", address);
        if (!counts_at(thresholds, &policy, at, count, fields, NULL))
            continue;
        fired++;
        table_put(attackers, str_of(address), &fired);
    }
    if (log) {
        fclose(log);
        assert_int_equal(fired, 12);
        assert_int_equal(table_count(attackers), 11);
    } else {
        print_message("%s: absent\n", path);
    }
    free(path);
    table_free(attackers);
    thresholds_free(thresholds);
    if (!log)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_slides),
        cmocka_unit_test(it_says_what_became_of_an_alarm),
        cmocka_unit_test(both_ends_count),
        cmocka_unit_test(a_count_of_one_fires_at_once),
        cmocka_unit_test(silence_lasts_while_matches_come),
        cmocka_unit_test(late_alarms_count_by_their_time),
        cmocka_unit_test(an_alarm_may_count_for_several),
        cmocka_unit_test(keys_are_apart),
        cmocka_unit_test(an_alarm_that_lacks_one_does_not_count),
        cmocka_unit_test(long_keys_are_apart_too),
        cmocka_unit_test(rows_bring_counts_back),
        cmocka_unit_test(other_rows_are_refused),
        cmocka_unit_test(the_longest_idle_key_makes_room),
        cmocka_unit_test(it_agrees_with_a_model),
        cmocka_unit_test(a_real_log_fires_for_its_attackers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
