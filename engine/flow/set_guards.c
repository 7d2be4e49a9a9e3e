#include "flow/set_inner.h"

#include "base/alloc.h"
#include "policy/data.h"

#include <stdlib.h>

#define GUARDS "guards.lua"

/* Hands a list's entries on as the gate takes them. */
struct relay {
    guards_entry_fn each;
    void *arg;
};

static int relay(void *arg, const struct list_entry *entry)
{
    const struct relay *to = arg;

    return to->each(to->arg, entry->value, entry->line, entry->until);
}

static int no_list(const struct set *set, const char *name, struct error *error)
{
    struct words names = {0};
    const char *near;

    for (size_t i = 0; i < set->files.len; i++) {
        struct str found;

        if (set_path_in(set->files.items[i].path, "lists", ".txt", &found)) {
            char *copy = str_copy(found);

            words_add(&names, copy);
            free(copy);
        }
    }
    near = str_nearest(name, (const char *const *)names.items, names.len);
    error_set(error, ERROR_NOT_FOUND, "there is no lists/%s.txt%s%s%s", name,
              near ? "; did you mean \"" : "", near ? near : "",
              near ? "\"?" : "");
    words_free(&names);
    return ERROR_NOT_FOUND;
}

static int read_list(void *arg, const char *name, guards_entry_fn each,
                     void *each_arg, struct error *error)
{
    const struct set *set = arg;
    struct relay to = {each, each_arg};
    char *path = alloc_printf("lists/%s.txt", name);
    const struct set_file *file = set_files_find(&set->files, path);
    int err = file ? lists_read(set_file_body(file), path, relay, &to, error)
                   : no_list(set, name, error);

    free(path);
    return err;
}

static int find_policy(void *arg, const char *name, struct error *error)
{
    return set_policy(arg, name, error) ? 0 : ERROR_NOT_FOUND;
}

void set_build_guards(struct set *set, bool policies, struct problems *problems)
{
    const struct set_file *file = set_files_find(&set->files, GUARDS);
    struct guards_world world = {
        .catalogue = &set->catalogue,
        .list = read_list,
        .policy = policies ? find_policy : NULL,
        .arg = set,
    };
    struct error error = {0};
    struct json_doc *doc;

    if (!file)
        return;
    doc = data_parse(set_file_body(file), GUARDS, &error);
    if (doc) {
        set->guards = guards_compile(json_root(doc), GUARDS, &world, problems);
    } else {
        error_place(&error, GUARDS, 0);
        problems_add(problems, &error, 0);
    }
    json_free(doc);
}
