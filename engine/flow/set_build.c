#include "flow/set_inner.h"

#include "base/alloc.h"
#include "model/event.h"
#include "policy/data.h"

#include <stdlib.h>
#include <string.h>

static void add_problem(struct problems *problems, struct error *error,
                        const char *where)
{
    error_place(error, where, 0);
    problems_add(problems, error, 0);
}

static const struct words *env_of(void *arg, const struct plugin *plugin)
{
    return settings_env(arg, plugin);
}

void set_build_settings(struct set *set, struct problems *problems)
{
    const struct set_file *file = set_files_find(&set->files, "riposte.lua");
    struct json_doc *doc = NULL;
    struct error error = {0};

    if (file) {
        doc = data_parse(set_file_body(file), file->path, &error);
        if (!doc)
            add_problem(problems, &error, file->path);
    }
    set->settings = settings_compile(doc ? json_root(doc) : NULL, set->site,
                                     "riposte.lua", problems);
    json_free(doc);
    set->gate_site = (struct gate_site){
        .path = set->settings->path,
        .state = set->settings->state,
        .secrets = set->settings->secrets,
        .secret_command = &set->settings->secret_command,
        .env = env_of,
        .arg = set->settings,
    };
}

void set_build_lists(struct set *set, struct problems *problems)
{
    set->lists = lists_new();
    for (size_t i = 0; i < set->files.len; i++) {
        const struct set_file *file = &set->files.items[i];
        struct error error = {0};
        struct str name;
        char *copy;

        if (!set_path_in(file->path, "lists", ".txt", &name))
            continue;
        copy = str_copy(name);
        if (lists_add(set->lists, copy, set_file_body(file), file->path,
                      &error))
            add_problem(problems, &error, file->path);
        free(copy);
    }
}

/* The source's place in the sorted array; *same where its name is taken. */
static size_t source_place(const struct set *set, const char *name, bool *same)
{
    size_t at = 0;

    while (at < set->nsources &&
           strcmp(source_name(set->sources[at]), name) < 0)
        at++;
    *same = at < set->nsources && !strcmp(source_name(set->sources[at]), name);
    return at;
}

/* Takes the source. files: for each source the file that it came from. */
static void add_source(struct set *set, const char **files,
                       struct source *source, const struct set_file *file,
                       struct problems *problems)
{
    struct error error = {0};
    bool same;
    size_t at;

    if (!strcmp(source_name(source), SET_SCHEDULE) ||
        !strcmp(source_name(source), EVENT_SOURCE)) {
        error_at(&error, ERROR_INVALID, file->path, 0, 0,
                 "\"%s\" is the name of the engine's own alarms; rename the "
                 "source",
                 source_name(source));
        problems_add(problems, &error, 0);
        source_free(source);
        return;
    }
    at = source_place(set, source_name(source), &same);

    if (same && !strncmp(files[at], "builtin/", 8)) {
        source_free(set->sources[at]);
    } else if (same) {
        error_at(&error, ERROR_INVALID, file->path, 0, 0,
                 "two sources named \"%s\": %s and %s; rename one",
                 source_name(source), files[at], file->path);
        problems_add(problems, &error, 0);
        source_free(source);
        return;
    } else {
        memmove(set->sources + at + 1, set->sources + at,
                (set->nsources - at) * sizeof(struct source *));
        memmove(files + at + 1, files + at,
                (set->nsources - at) * sizeof *files);
        set->nsources++;
    }
    set->sources[at] = source;
    files[at] = file->path;
}

static void build_source(struct set *set, const char **files,
                         const struct set_file *file, struct problems *problems)
{
    struct error error = {0};
    struct json_doc *doc = data_parse(set_file_body(file), file->path, &error);
    struct source *source =
        doc ? source_compile(json_root(doc), file->path, &error) : NULL;

    json_free(doc);
    if (source)
        add_source(set, files, source, file, problems);
    else
        add_problem(problems, &error, file->path);
}

/* Of alarms that the engine makes. */
static struct source *own_source(const char *name)
{
    char *text =
        alloc_printf("return { name = '%s', format = 'json', named = true,"
                     " id_field = 'AlarmId', time_field = 'AlarmDate' }",
                     name);
    struct json_doc *doc = data_parse(str_of(text), name, NULL);
    struct source *source = source_compile(json_root(doc), name, NULL);

    json_free(doc);
    free(text);
    return source;
}

/* What inputs are read as has to be there. */
static void check_intake(const struct set *set, struct problems *problems)
{
    const struct intake_entries *intake = &set->settings->intake;

    for (size_t i = 0; i < intake->len; i++) {
        const struct intake_entry *entry = &intake->items[i];
        struct error error = {0};

        if (!entry->source || !strcmp(entry->source, "auto") ||
            set_source(set, entry->source, &error))
            continue;
        error_place(&error, "riposte.lua", entry->line);
        problems_add(problems, &error, 0);
    }
}

void set_build_sources(struct set *set, struct problems *problems)
{
    const char **files = alloc_zeroed(set->files.len + 1, sizeof *files);
    struct str name;

    set->sources = alloc_zeroed(set->files.len + 1, sizeof(struct source *));
    /* The site's come after the built-in ones, and so take their place:
     * "builtin/" sorts before "sources/". */
    for (size_t i = 0; i < set->files.len; i++) {
        const struct set_file *file = &set->files.items[i];

        if (set_path_in(file->path, "builtin/sources", ".lua", &name) ||
            set_path_in(file->path, "sources", ".lua", &name))
            build_source(set, files, file, problems);
    }
    free(files);
    set->schedule = own_source(SET_SCHEDULE);
    set->events = own_source(EVENT_SOURCE);
    check_intake(set, problems);
}

static bool world_module(void *arg, const char *name, struct str *text)
{
    struct set *set = arg;
    char *path = alloc_printf("policies/lib/%s.lua", name);
    const struct set_file *file = set_files_find(&set->files, path);

    free(path);
    if (file)
        *text = set_file_body(file);
    return file != NULL;
}

static bool world_list(void *arg, const char *name)
{
    const struct set *set = arg;

    return lists_have(set->lists, name);
}

static bool world_allowed(void *arg, const struct action *action)
{
    const struct set *set = arg;

    return set->past || settings_allows(set->settings, action);
}

/* Takes the policy. */
static void add_policy(struct set *set, struct policy *policy,
                       struct problems *problems)
{
    struct error error = {0};
    size_t at = set->npolicies;

    for (; at; at--) {
        const struct policy *other = set->policies[at - 1];
        int order = strcmp(other->name, policy->name);

        if (!order) {
            error_at(&error, ERROR_INVALID, policy->file, 0, 0,
                     "two policies named \"%s\": %s and %s; rename one",
                     policy->name, other->file, policy->file);
            problems_add(problems, &error, 0);
            policy_free(policy);
            return;
        }
        if (order < 0)
            break;
    }
    memmove(set->policies + at + 1, set->policies + at,
            (set->npolicies - at) * sizeof(struct policy *));
    set->policies[at] = policy;
    set->npolicies++;
}

static void build_match(struct set *set, struct problems *problems)
{
    set->match = match_new();
    set->listening = match_new();
    for (size_t i = 0; i < set->npolicies; i++) {
        const struct policy *policy = set->policies[i];
        struct error error = {0};

        if (policy->on &&
            match_add(policy->listens ? set->listening : set->match, policy->on,
                      i, policy->file, &error))
            add_problem(problems, &error, policy->file);
    }
    match_seal(set->match);
    match_seal(set->listening);
}

void set_build_policies(struct set *set, struct problems *problems)
{
    set->world = (struct policy_world){
        .catalogue = &set->catalogue,
        .module = world_module,
        .list = world_list,
        .allowed_unavailable = world_allowed,
        .index = &set->settings->index,
        .arg = set,
    };
    set->policies = alloc_zeroed(set->files.len + 1, sizeof(struct policy *));
    for (size_t i = 0; i < set->files.len; i++) {
        const struct set_file *file = &set->files.items[i];
        struct policy *policy;
        struct str name;

        if (!set_path_in(file->path, "policies", ".lua", &name))
            continue;
        policy =
            policy_load(&set->world, file->path, set_file_body(file), problems);
        if (policy)
            add_policy(set, policy, problems);
    }
    build_match(set, problems);
}
