#ifndef RIPOSTE_TESTS_MODEL_PLACE_H
#define RIPOSTE_TESTS_MODEL_PLACE_H

/* A folder of a test's own, and files in it. */

#include "base/alloc.h"
#include "base/buf.h"
#include "model/package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static inline int place_setup(void **state)
{
    char *folder = alloc_text("/tmp/riposte-unit-XXXXXX");

    assert_non_null(mkdtemp(folder));
    *state = folder;
    return 0;
}

static inline int place_teardown(void **state)
{
    assert_int_equal(package_delete(*state, NULL), 0);
    free(*state);
    return 0;
}

/* Paths of one test, freed at its end, would only hide what it is about. */
static inline const char *in_place(void **state, const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof *paths, "%s/%s", (const char *)*state, name);
    return path;
}

static inline void put_file(void **state, const char *name, const void *data,
                            size_t len)
{
    FILE *file = fopen(in_place(state, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
}

static inline void put_text(void **state, const char *name, const char *text)
{
    put_file(state, name, text, strlen(text));
}

static inline void put_folder(void **state, const char *name)
{
    assert_int_equal(mkdir(in_place(state, name), 0755), 0);
}

#endif
