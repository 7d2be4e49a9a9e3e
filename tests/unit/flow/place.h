#ifndef RIPOSTE_TESTS_FLOW_PLACE_H
#define RIPOSTE_TESTS_FLOW_PLACE_H

#include "base/alloc.h"
#include "base/buf.h"
#include "flow/set.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A site in a temporary folder. */
struct place {
    char path[64];
};

static inline void place_make(struct place *place)
{
    snprintf(place->path, sizeof place->path, "/tmp/riposte-flow-XXXXXX");
    assert_non_null(mkdtemp(place->path));
}

static inline int place_remove_one(const char *path, const struct stat *info,
                                   int flag, struct FTW *ftw)
{
    (void)info, (void)flag, (void)ftw;
    return remove(path);
}

static inline void place_remove(struct place *place)
{
    nftw(place->path, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the site, making its folders. */
static inline void place_write(const struct place *place, const char *name,
                               const void *data, size_t len)
{
    char *path = alloc_printf("%s/%s", place->path, name);
    FILE *file;

    for (char *slash = path + strlen(place->path) + 1;
         (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        assert_true(!mkdir(path, 0700) || errno == EEXIST);
        *slash = '/';
    }
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    chmod(path, 0700);
    free(path);
}

static inline void place_file(const struct place *place, const char *name,
                              const char *text)
{
    place_write(place, name, text, strlen(text));
}

static inline void place_unlink(const struct place *place, const char *name)
{
    char *path = alloc_printf("%s/%s", place->path, name);

    assert_int_equal(unlink(path), 0);
    free(path);
}

/* The file's bytes; "" where there is none. */
static inline char *place_read(const struct place *place, const char *name)
{
    char *path = alloc_printf("%s/%s", place->path, name);
    FILE *file = fopen(path, "r");
    struct buf text = {0};
    size_t got;

    free(path);
    while (file && (got = fread(buf_room(&text, 4096), 1, 4096, file)) > 0)
        text.len += got;
    if (file)
        fclose(file);
    buf_add_byte(&text, '\0');
    return text.data;
}

/* A plugin of one action with one parameter, "Value", run by sh. */
static inline void place_plugin(const struct place *place, const char *folder,
                                const char *name, const char *action,
                                const char *kind, const char *script)
{
    char *path = alloc_printf("plugins/%s/actions.xml", folder);
    char *text = alloc_printf(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<remv1:Remediation-Plugin xmlns:remv1=\"RemediationVersion1.xsd\" "
        "Name=\"%s\" Version=\"1\" IsLogRhythmPlugin=\"false\">\n"
        "<remv1:Action Name=\"%s\" Command=\"sh\">\n"
        "<remv1:ConstantParameter Name=\"Script\" Switch=\"run.sh\" "
        "Order=\"1\"/>\n"
        "<remv1:StringParameter Name=\"Value\" Switch=\"\" Order=\"2\"/>\n"
        "</remv1:Action>\n</remv1:Remediation-Plugin>\n",
        name, action);

    place_file(place, path, text);
    free(path);
    free(text);
    path = alloc_printf("plugins/%s/riposte.xml", folder);
    text = alloc_printf("<Overlay xmlns=\"urn:riposte:overlay:1\">"
                        "<Action Name=\"%s\" Kind=\"%s\"/></Overlay>\n",
                        action, kind);
    place_file(place, path, text);
    free(path);
    free(text);
    path = alloc_printf("plugins/%s/run.sh", folder);
    place_file(place, path, script);
    free(path);
}

/* Loads the site; prints what is wrong and fails where there is an error. */
static inline struct set *place_load(const struct place *place)
{
    struct problems problems = {0};
    struct set *set = set_load(place->path, SET_ALL, &problems);

    for (size_t i = 0; !set && i < problems.len; i++) {
        char *text = error_format(&problems.items[i].error);

        print_message("# %s\n", text);
        free(text);
    }
    problems_free(&problems);
    assert_non_null(set);
    return set;
}

/* Loads a site that is wrong; the caller frees the problems. */
static inline struct problems place_broken(const struct place *place)
{
    struct problems problems = {0};

    assert_null(set_load(place->path, SET_ALL, &problems));
    return problems;
}

/* Is there an error with that place and these words? */
static inline bool place_said(const struct problems *problems,
                              const char *where, const char *words)
{
    for (size_t i = 0; i < problems->len; i++) {
        char *text = error_format(&problems->items[i].error);
        bool found = !strncmp(text, where, strlen(where)) &&
                     strstr(text, words) && !problems->items[i].warning;

        free(text);
        if (found)
            return true;
    }
    for (size_t i = 0; i < problems->len; i++) {
        char *text = error_format(&problems->items[i].error);

        print_message("# said: %s\n", text);
        free(text);
    }
    return false;
}

#endif
