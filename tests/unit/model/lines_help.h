#ifndef RIPOSTE_TESTS_LINES_HELP_H
#define RIPOSTE_TESTS_LINES_HELP_H

#include "../seed.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "model/json_out.h"
#include "model/source_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* For the tests of formats that make records of lines. */

typedef struct json_doc *(*line_parser)(struct str line, struct error *error);

static inline void line_is(line_parser parse, const char *line,
                           const char *want)
{
    struct error error = {0};
    struct json_doc *doc = parse(str_of(line), &error);
    struct buf got = {0};
    struct json_out out = {.buf = &got};

    if (!doc)
        fail_msg("%s: %s", line, error.text);
    json_put_value(&out, json_root(doc));
    assert_string_equal(got.data, want);
    buf_free(&got);
    json_free(doc);
}

static inline void bytes_refused(line_parser parse, struct str line,
                                 const char *why)
{
    struct error error = {0};
    struct json_doc *doc = parse(line, &error);

    if (doc)
        fail_msg("%.*s is not refused", (int)line.len, line.data);
    assert_true(error.code < 0);
    if (!strstr(error.text, why))
        fail_msg("\"%s\" does not say \"%s\"", error.text, why);
    assert_null(parse(line, NULL));
}

static inline void line_refused(line_parser parse, const char *line,
                                const char *why)
{
    bytes_refused(parse, str_of(line), why);
}

static inline void bytes_accepted(line_parser parse, struct str line,
                                  size_t values)
{
    struct json_doc *doc = parse(line, NULL);

    assert_non_null(doc);
    assert_int_equal(json_member(json_root(doc), "ext")->as.list.len, values);
    json_free(doc);
}

/* Limits, at them and beside them. before: a header. */
static inline void line_limits(line_parser parse, const char *before,
                               const char *between)
{
    struct buf line = {0};

    buf_add_text(&line, before);
    for (int i = 0; i < JSON_MEMBERS_MAX; i++)
        buf_printf(&line, "%sk%d=v", i ? between : "", i);
    bytes_accepted(parse, buf_str(&line), JSON_MEMBERS_MAX);
    buf_printf(&line, "%sz=v", between);
    bytes_refused(parse, buf_str(&line), "more than 4096 values");
    buf_free(&line);
    buf_printf(&line, "%sk=", before);
    while (line.len < JSON_SIZE_MAX)
        buf_add_byte(&line, 'x');
    bytes_accepted(parse, buf_str(&line), 1);
    buf_add_byte(&line, 'x');
    bytes_refused(parse, buf_str(&line), "longer than");
    buf_free(&line);
}

/* A random text of the alphabet; not empty, no blank at its ends. */
static inline char *random_text(const char *alphabet, size_t max)
{
    size_t len = 1 + (size_t)rand() % max, count = strlen(alphabet);
    char *text = alloc_zeroed(len + 1, 1);

    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[(size_t)rand() % count];
    if (strchr(" \t\r\n", text[0]))
        text[0] = 'a';
    if (strchr(" \t\r\n", text[len - 1]))
        text[len - 1] = 'z';
    return text;
}

/* Random bytes behind a good beginning: refused or not, never a crash, and
 * what comes out can be written. */
static inline void survives(line_parser parse, const char *begin, int rounds)
{
    static const char bytes[] = "=|\\ \t^\"[]<>:.-_aZ0\n\xc3\xa9\xff";

    for (int i = 0; i < rounds; i++) {
        struct buf line = {0};
        size_t len = (size_t)rand() % 60;
        struct json_doc *doc;

        buf_add(&line, begin, (size_t)rand() % (strlen(begin) + 1));
        while (len--)
            buf_add_byte(&line, bytes[(size_t)rand() % (sizeof bytes - 1)]);
        doc = parse(buf_str(&line), NULL);
        if (doc) {
            struct buf got = {0};
            struct json_out out = {.buf = &got};
            struct json_doc *again;

            json_put_value(&out, json_root(doc));
            again = json_parse(buf_str(&got), NULL, 0, NULL);
            assert_non_null(again);
            json_free(again);
            buf_free(&got);
        }
        json_free(doc);
        buf_free(&line);
    }
}

#endif
