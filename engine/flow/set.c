#include "flow/set_inner.h"

#include "base/alloc.h"
#include "flow/permissions.h"
#include "model/event.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool set_path_in(const char *path, const char *folder, const char *suffix,
                 struct str *name)
{
    size_t len = strlen(path), before = strlen(folder), after = strlen(suffix);

    if (len <= before + 1 + after || strncmp(path, folder, before) != 0 ||
        path[before] != '/' || strcmp(path + len - after, suffix) != 0)
        return false;
    *name = (struct str){path + before + 1, len - before - 1 - after};
    return !memchr(name->data, '/', name->len);
}

struct str set_file_body(const struct set_file *file)
{
    return (struct str){file->body, file->len};
}

static void hash_files(struct set *set)
{
    struct hash *hash = hash_new();

    for (size_t i = 0; i < set->files.len; i++) {
        hash_add_part(hash, str_of(set->files.items[i].path));
        hash_add_part(hash, set_file_body(&set->files.items[i]));
    }
    hash_end(hash, set->hash);
}

struct set *set_build(const char *site, struct set_files *files, int flags,
                      struct problems *problems)
{
    struct set *set = ALLOC(struct set);
    size_t before = problems->errors;
    bool policies = !(flags & SET_CATALOGUE);

    set->refs = 1;
    set->past = flags & SET_PAST;
    set->site = alloc_text(site);
    set->files = *files;
    *files = (struct set_files){0};
    hash_files(set);
    set_build_settings(set, problems);
    set_build_catalogue(set, problems);
    set_build_lists(set, problems);
    set_build_sources(set, problems);
    if (policies)
        set_build_policies(set, problems);
    set_build_guards(set, policies && problems->errors == before, problems);
    if (problems->errors == before)
        return set;
    set_unref(set);
    return NULL;
}

static int check_folder(const char *site, struct error *error)
{
    struct stat info;

    if (stat(site, &info))
        return error_set(error, ERROR_NOT_FOUND,
                         "there is no site at %s: %s; name an existing folder "
                         "with --site",
                         site, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return error_set(error, ERROR_INVALID,
                         "the site %s is not a folder; name one with --site",
                         site);
    return 0;
}

struct set *set_load(const char *site, int flags, struct problems *problems)
{
    struct set_files files = {0};
    struct error error = {0};
    size_t before = problems->errors;
    char *absolute;
    struct set *set;

    if (check_folder(site, &error) || !(absolute = realpath(site, NULL))) {
        if (!error.code)
            error_set(&error, ERROR_SYSTEM, "%s: %s", site, strerror(errno));
        problems_add(problems, &error, 0);
        return NULL;
    }
    set_files_load(absolute, flags, &files, problems);
    set = set_build(absolute, &files, flags, problems);
    if (set && !(flags & SET_ANYONES))
        permissions_state(set->settings->state, problems);
    free(absolute);
    if (problems->errors == before)
        return set;
    set_unref(set);
    return NULL;
}

struct set *set_ref(struct set *set)
{
    set->refs++;
    return set;
}

void set_unref(struct set *set)
{
    if (!set)
        return;
    assert(set->refs);
    if (--set->refs)
        return;
    match_free(set->match);
    match_free(set->listening);
    for (size_t i = 0; i < set->npolicies; i++)
        policy_free(set->policies[i]);
    for (size_t i = 0; i < set->nsources; i++)
        source_free(set->sources[i]);
    source_free(set->schedule);
    source_free(set->events);
    free(set->policies);
    free(set->sources);
    guards_unref(set->guards);
    lists_free(set->lists);
    catalogue_free(&set->catalogue);
    settings_free(set->settings);
    set_files_free(&set->files);
    free(set->site);
    free(set);
}

static void not_found(struct error *error, const char *what, const char *name,
                      const char *const *names, size_t count)
{
    const char *near = str_nearest(name, names, count);

    error_set(error, ERROR_NOT_FOUND, "there is no %s \"%s\"%s%s%s", what, name,
              near ? "; did you mean \"" : "", near ? near : "",
              near ? "\"?" : "");
}

const struct source *set_source(const struct set *set, const char *name,
                                struct error *error)
{
    const char **names = alloc_zeroed(set->nsources + 1, sizeof *names);
    const struct source *found = NULL;

    for (size_t i = 0; i < set->nsources && !found; i++) {
        names[i] = source_name(set->sources[i]);
        if (!strcmp(names[i], name))
            found = set->sources[i];
    }
    if (!found)
        not_found(error, "source", name, names, set->nsources);
    free(names);
    return found;
}

const struct source *set_decoder(const struct set *set, const char *name,
                                 struct error *error)
{
    return !strcmp(name, SET_SCHEDULE)   ? set->schedule
           : !strcmp(name, EVENT_SOURCE) ? set->events
                                         : set_source(set, name, error);
}

size_t set_match(const struct set *set, const struct alarm *alarm,
                 const size_t **numbers, struct error *error)
{
    return match_find(!strcmp(alarm->source, EVENT_SOURCE) ? set->listening
                                                           : set->match,
                      alarm, numbers, error);
}

const struct source *set_source_for(const struct set *set, struct str record,
                                    unsigned forms)
{
    const struct source *best = NULL;
    int most = 0;

    for (size_t i = 0; i < set->nsources; i++) {
        int fits = source_form(set->sources[i]) & forms
                       ? source_fits(set->sources[i], record)
                       : 0;

        if (fits > most) {
            most = fits;
            best = set->sources[i];
        }
    }
    return best;
}

const struct policy *set_policy(const struct set *set, const char *name,
                                struct error *error)
{
    const char **names = alloc_zeroed(set->npolicies + 1, sizeof *names);
    const struct policy *found = NULL;

    for (size_t i = 0; i < set->npolicies && !found; i++) {
        names[i] = set->policies[i]->name;
        if (!strcmp(names[i], name))
            found = set->policies[i];
    }
    if (!found)
        not_found(error, "policy", name, names, set->npolicies);
    free(names);
    return found;
}

bool set_list_has(const struct set *set, const char *list, struct str value,
                  int64_t now)
{
    return lists_find(set->lists, list, value, now);
}
