#ifndef RIPOSTE_TESTS_SERVE_CUTTING_H
#define RIPOSTE_TESTS_SERVE_CUTTING_H

#include "base/buf.h"
#include "serve/cut.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 10 };

/* Gives the bytes in pieces of that size, as a connection does; what comes out
 * is written one behind the other, "!" before what is refused. */
static inline char *cut_all(cut_fn cut, struct str bytes, size_t piece)
{
    struct cutter cutter = {.max = MAX, .too_long = "too long"};
    struct buf held = {0}, out = {0};
    struct cut_record record;
    enum cut got = CUT_MORE;
    size_t given = 0, used;
    bool end = false;

    while (got != CUT_BROKEN && !end) {
        size_t len = bytes.len - given < piece ? bytes.len - given : piece;

        end = !len;
        buf_add(&held, bytes.data + given, len);
        given += len;
        do {
            got = cut(&cutter, buf_str(&held), end, &used, &record);
            assert_true(used <= held.len);
            if (got == CUT_RECORD)
                buf_printf(&out, "%s%.*s;", record.refused ? "!" : "",
                           (int)record.bytes.len, record.bytes.data);
            if (got == CUT_BROKEN)
                buf_printf(&out, "?");
            buf_consume(&held, used);
        } while (got == CUT_RECORD || (got == CUT_MORE && used));
        assert_true(got == CUT_BROKEN || held.len <= CUT_KEPT_OF_TOO_LONG + 16);
    }
    if (got != CUT_BROKEN)
        assert_int_equal(held.len, 0);
    buf_add(&out, "", 1);
    buf_free(&held);
    return buf_take(&out);
}

static inline void cuts_bytes(cut_fn cut, struct str bytes, const char *want)
{
    for (size_t piece = 1; piece <= bytes.len + 1; piece++) {
        char *got = cut_all(cut, bytes, piece);

        if (strcmp(got, want) != 0)
            fail_msg("in pieces of %zu: got %s, want %s", piece, got, want);
        free(got);
    }
}

#endif
