#include "cli/install.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Does the path belong to that plugin: below plugins/FOLDER? */
static bool of_plugin(const char *path, const char *folder)
{
    char *prefix = alloc_printf("plugins/%s/", folder);
    bool same = !strncmp(path, prefix, strlen(prefix));

    free(prefix);
    return same;
}

/* The site's files as they would be: the plugin is what lies aside, and its
 * overlay in overlays/ goes with it. */
static void change(const char *site, const struct set_files *files,
                   const char *folder, bool with_aside,
                   struct set_files *changed, struct problems *problems)
{
    char *overlay = alloc_printf("overlays/%s.xml", folder);

    for (size_t i = 0; i < files->len; i++) {
        const struct set_file *file = &files->items[i];
        struct str body = {file->body, file->len};

        if (with_aside && !strcmp(file->path, overlay))
            set_files_add(changed, "overlays/" INSTALL_ASIDE ".xml", body);
        else if (!of_plugin(file->path, folder))
            set_files_add(changed, file->path, body);
    }
    if (with_aside)
        set_files_add_plugin(site, changed, INSTALL_ASIDE, problems);
    free(overlay);
}

/* A message that speaks of the folder aside, as it would speak afterwards. */
static void rename_in(char *text, size_t size, const char *folder)
{
    const size_t len = strlen(INSTALL_ASIDE);
    struct buf buf = {0};
    const char *at = text, *found;

    while ((found = strstr(at, INSTALL_ASIDE))) {
        buf_add(&buf, at, (size_t)(found - at));
        buf_add_text(&buf, folder);
        at = found + len;
    }
    buf_add_text(&buf, at);
    if (buf.len >= size)
        buf.len = size - 1;
    memcpy(text, buf.data, buf.len);
    text[buf.len] = '\0';
    buf_free(&buf);
}

static bool same(const struct error *a, const struct error *b)
{
    return a->line == b->line && !strcmp(a->where, b->where) &&
           !strcmp(a->text, b->text);
}

static bool known(const struct problems *problems, const struct error *error)
{
    for (size_t i = 0; i < problems->len; i++)
        if (!problems->items[i].warning &&
            same(&problems->items[i].error, error))
            return true;
    return false;
}

/* Takes the files; before: what is wrong with them so far. Returns the set as
 * it is, or NULL. */
static struct set *compare(const char *site, struct set_files *files,
                           const char *folder, bool with_aside,
                           struct problems *before, struct problems *fresh)
{
    struct set_files changed = {0};
    struct problems after = {0};
    struct set *set;

    change(site, files, folder, with_aside, &changed, &after);
    set = set_build(site, files, SET_ALL, before);
    set_unref(set_build(site, &changed, SET_ALL, &after));
    for (size_t i = 0; i < after.len; i++) {
        struct error error = after.items[i].error;

        rename_in(error.where, sizeof error.where, folder);
        rename_in(error.text, sizeof error.text, folder);
        if (!after.items[i].warning && !known(before, &error))
            problems_add(fresh, &error, 0);
    }
    problems_free(&after);
    return set;
}

void install_try(const struct install *install, const char *folder,
                 bool with_aside, struct problems *fresh)
{
    struct problems before = {0};
    struct set_files files = {0};

    set_files_load(install->site, SET_ALL, &files, &before);
    set_unref(
        compare(install->site, &files, folder, with_aside, &before, fresh));
    problems_free(&before);
}

struct set *install_try_stored(const char *site, struct set_files *files,
                               const char *folder, struct problems *fresh)
{
    struct problems before = {0};
    struct set *set = compare(site, files, folder, false, &before, fresh);

    problems_free(&before);
    return set;
}
