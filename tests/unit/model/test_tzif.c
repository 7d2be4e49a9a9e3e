#include "model/tzif.h"

#include "../seed.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- files --------------------------------------------------------------- */

static void put(struct buf *file, int64_t number, int bytes)
{
    for (; bytes > 8; bytes--)
        buf_add_byte(file, 0);
    while (bytes--)
        buf_add_byte(file, (char)((uint64_t)number >> bytes * 8 & 0xff));
}

struct made {
    char version;
    int leaps, times, kinds; /* as the second header has them */
    int64_t from[2];
    int index, offset; /* of the second change's kind */
    const char *footer;
};

static void put_header(struct buf *file, char version, int leaps, int times,
                       int kinds)
{
    buf_add_text(file, "TZif");
    buf_add_byte(file, version);
    put(file, 0, 15);
    put(file, 0, 4);
    put(file, 0, 4);
    put(file, leaps, 4);
    put(file, times, 4);
    put(file, kinds, 4);
    put(file, 4, 4);
}

/* Two changes: to an hour east, and to what `made` says. */
static struct buf file_of(const struct made *made)
{
    struct buf file = {0};

    put_header(&file, made->version, 0, 0, 1);
    put(&file, 0, 6 + 4);
    put_header(&file, made->version, made->leaps, made->times, made->kinds);
    put(&file, made->from[0], 8);
    put(&file, made->from[1], 8);
    put(&file, 0, 1);
    put(&file, made->index, 1);
    put(&file, 3600, 4);
    put(&file, 0, 2);
    put(&file, made->offset, 4);
    put(&file, 0, 2 + 4);
    buf_add_text(&file, made->footer);
    return file;
}

static const struct made good = {
    .version = '2',
    .times = 2,
    .kinds = 2,
    .from = {-1000, 1000},
    .index = 1,
    .offset = -7200,
    .footer = "\n<-02>2\n",
};

static bool is_read(const struct made *made)
{
    struct buf file = file_of(made);
    struct tzif *zone = tzif_parse(buf_str(&file));
    bool read = zone;

    tzif_free(zone);
    buf_free(&file);
    return read;
}

/* The offset in seconds, or 1 where the file does not say. */
static int64_t at(const struct made *made, int64_t ms)
{
    struct buf file = file_of(made);
    struct tzif *zone = tzif_parse(buf_str(&file));
    int64_t offset = 1000;

    buf_free(&file);
    assert_non_null(zone);
    tzif_offset(zone, ms, &offset);
    tzif_free(zone);
    return offset / 1000;
}

/* ---- tests --------------------------------------------------------------- */

static void offsets_hold_from_change_to_change(void **state)
{
    struct made summer = good, silent = good;

    (void)state;
    assert_int_equal(at(&good, -1000001), 1);
    assert_int_equal(at(&good, -1000000), 3600);
    assert_int_equal(at(&good, -1), 3600);
    assert_int_equal(at(&good, 999999), 3600);
    assert_int_equal(at(&good, 1000000), -7200);
    assert_int_equal(at(&good, INT64_MAX), -7200);
    assert_int_equal(at(&good, INT64_MIN), 1);
    summer.footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    assert_int_equal(at(&summer, 999999), 3600);
    assert_int_equal(at(&summer, 1000000), 1);
    silent.footer = "\n\n";
    assert_int_equal(at(&silent, 1000000), 1);
}

static void what_is_wrong_is_no_zone(void **state)
{
    struct made made;

    (void)state;
#define WITH(member, value) (made = good, made.member = (value), is_read(&made))
    assert_true(is_read(&good));
    assert_true(WITH(version, '4'));
    assert_false(WITH(version, '\0'));
    assert_false(WITH(leaps, 1));
    assert_false(WITH(times, 8193));
    assert_false(WITH(times, -1));
    assert_false(WITH(kinds, 1));
    assert_false(WITH(kinds, 8192));
    assert_false(WITH(index, 2));
    assert_false(WITH(from[1], -1000));
    assert_true(WITH(from[1], -999));
    assert_true(WITH(offset, 26 * 3600));
    assert_false(WITH(offset, 26 * 3600 + 1));
    assert_false(WITH(offset, INT32_MIN));
    assert_true(WITH(footer, ""));
#undef WITH
}

/* Every cut and many changed bytes, in a piece of memory of just that size:
 * the sanitizers say where one is read beyond. */
static void no_bytes_lead_astray(void **state)
{
    unsigned seed = test_seed();
    struct buf file = file_of(&good);

    (void)state;
    printf("# SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        size_t len = i < (int)file.len ? (size_t)i : file.len;
        char *copy = malloc(len + 1);
        struct tzif *zone;
        int64_t offset;

        memcpy(copy, file.data, len);
        for (int j = rand() % 4; j > 0 && i > (int)file.len; j--)
            copy[(size_t)rand() % len] = (char)rand();
        copy = realloc(copy, len ? len : 1);
        zone = tzif_parse((struct str){copy, len});
        free(copy);
        if (zone)
            tzif_offset(zone, rand(), &offset);
        tzif_free(zone);
    }
    buf_free(&file);
}

static void only_ids_name_files(void **state)
{
    static const char *const none[] = {
        "",       "/etc/localtime", "../localtime",
        "Europe", "No/Where",       "tzdata.zi"};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(tzif_open(none[i]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_hold_from_change_to_change),
        cmocka_unit_test(what_is_wrong_is_no_zone),
        cmocka_unit_test(no_bytes_lead_astray),
        cmocka_unit_test(only_ids_name_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
