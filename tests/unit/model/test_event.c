#include "base/alloc.h"
#include "model/event.h"
#include "model/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *written(const struct event *event)
{
    struct buf text = {0};
    struct json_doc *doc;

    event_write(event, &text);
    doc = json_parse(buf_str(&text), "event", 0, NULL);
    assert_non_null(doc);
    buf_free(&text);
    return doc;
}

static void is_text(const struct json_doc *doc, const char *field,
                    const char *want)
{
    const struct json *value = json_member(json_root(doc), field);
    char *text;

    assert_non_null(value);
    assert_int_equal(value->type, JSON_TEXT);
    text = str_copy(value->as.text);
    assert_string_equal(text, want);
    free(text);
}

static const struct event whole = {
    .kind = EVENT_APPROVAL_OPENED,
    .text = "Block it?",
    .time = 1000,
    .run = 17,
    .step = 3,
    .approval = 9,
    .lease = 4,
    .attempt = 2,
    .expires = 61000,
    .policy = "p",
    .alarm = "abc",
    .plugin = "Host Firewall",
    .action = "Block address",
    .target = "192.0.2.7",
    .rule = "approve guards.lua:4: x",
    .set = "f00",
};

static void a_whole_one_has_every_field(void **state)
{
    struct json_doc *doc = written(&whole);

    (void)state;
    for (size_t i = 0; i < EVENT_FIELDS; i++)
        if (!json_member(json_root(doc), event_fields[i]))
            fail_msg("no %s", event_fields[i]);
    assert_int_equal(json_root(doc)->as.list.len, EVENT_FIELDS);
    is_text(doc, "AlarmId", "approval opened a9@1970-01-01T00:00:01.000Z");
    is_text(doc, "AlarmRuleName", "riposte: approval opened");
    is_text(doc, "Run", "r17");
    is_text(doc, "Step", "r17.3");
    is_text(doc, "Lease", "l4");
    is_text(doc, "Action", "Host Firewall / Block address");
    is_text(doc, "Expires", "1970-01-01T00:01:01.000Z");
    json_free(doc);
}

static void an_empty_one_has_four(void **state)
{
    struct json_doc *doc =
        written(&(struct event){.kind = EVENT_SET_REFUSED, .time = 1000});

    (void)state;
    assert_int_equal(json_root(doc)->as.list.len, 4);
    is_text(doc, "AlarmId", "set refused@1970-01-01T00:00:01.000Z");
    json_free(doc);
}

/* count characters of that many bytes each. */
static char *repeated(const char *character, size_t count)
{
    struct buf text = {0};

    for (size_t i = 0; i < count; i++)
        buf_add_text(&text, character);
    return buf_take(&text);
}

static void is_cut(const char *character, size_t count, size_t left)
{
    char *text = repeated(character, count);
    char *some = repeated(character, left);
    char *want = left < count ? alloc_printf("%s...", some) : alloc_text(some);
    struct json_doc *doc = written(&(struct event){.text = text});

    is_text(doc, "Text", want);
    json_free(doc);
    free(want);
    free(some);
    free(text);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    is_cut("x", EVENT_TEXT_MAX - 1, EVENT_TEXT_MAX - 1);
    is_cut("x", EVENT_TEXT_MAX, EVENT_TEXT_MAX);
    is_cut("x", EVENT_TEXT_MAX + 1, EVENT_TEXT_MAX - 3);
    is_cut("\xC3\xA4", EVENT_TEXT_MAX / 2, EVENT_TEXT_MAX / 2);
    is_cut("\xC3\xA4", EVENT_TEXT_MAX, (EVENT_TEXT_MAX - 3) / 2);
    is_cut("\xF0\x9F\x98\x80", EVENT_TEXT_MAX, (EVENT_TEXT_MAX - 3) / 4);
}

static void nothing_plays_with_a_terminal(void **state)
{
    struct json_doc *doc = written(
        &(struct event){.text = "a\nb\x1b[2J\xFF", .target = "\xE2\x80\xAE"});

    (void)state;
    is_text(doc, "Text", "a\\x0Ab\\x1B[2J\\xFF");
    is_text(doc, "Target", "\\u{202E}");
    json_free(doc);
}

static char *manual(void)
{
    FILE *file = fopen("docs/events.md", "r");
    struct buf text = {0};
    size_t got;

    assert_non_null(file);
    while ((got = fread(buf_room(&text, 4096), 1, 4096, file)) > 0)
        text.len += got;
    fclose(file);
    return buf_take(&text);
}

/* As the first cell of a row. */
static void has_row(const char *text, const char *name)
{
    char *row = alloc_printf("\n| `%s` | ", name);

    if (!strstr(text, row))
        fail_msg("docs/events.md lacks %s", name);
    free(row);
}

static size_t rows_of(const char *text)
{
    size_t rows = 0;

    while ((text = strstr(text, "\n| `"))) {
        rows++;
        text++;
    }
    return rows;
}

static void the_manual_has_every_event_and_field_and_no_other(void **state)
{
    char *text = manual();

    (void)state;
    for (size_t i = 0; i < EVENT_KINDS; i++)
        has_row(text, event_table[i]);
    for (size_t i = 0; i < EVENT_FIELDS; i++)
        has_row(text, event_fields[i]);
    /* And the head of the first table. */
    assert_int_equal(rows_of(text), EVENT_KINDS + EVENT_FIELDS + 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_one_has_every_field),
        cmocka_unit_test(an_empty_one_has_four),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(nothing_plays_with_a_terminal),
        cmocka_unit_test(the_manual_has_every_event_and_field_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
