#include "base/log.h"
#include "cli/approvals.h"
#include "cli/commands.h"
#include "cli/leases.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

#include <stdlib.h>
#include <string.h>

/* Names stand in a column as wide as the widest of them, up to this. */
enum { NAME_COLUMN = 32 };

static size_t unavailable(const struct plugin *plugin)
{
    size_t count = 0;

    for (size_t i = 0; i < plugin->nactions; i++)
        count += plugin->actions[i].unavailable ? 1 : 0;
    return count;
}

static void put_name(struct buf *buf, const char *name)
{
    size_t begin = buf->len;

    print_text(buf, name);
    while (buf->len - begin < NAME_COLUMN)
        buf_add_byte(buf, ' ');
    buf_add_text(buf, "  ");
}

static void put_plugin(const struct plugin *plugin, bool json)
{
    struct buf buf = {0};
    size_t missing = unavailable(plugin);

    if (json) {
        struct json_out out = print_begin(&buf, "plugin");

        json_text(&out, "plugin", plugin->name);
        json_int(&out, "version", plugin->version);
        json_int(&out, "actions", (int64_t)plugin->nactions);
        json_int(&out, "unavailable", (int64_t)missing);
        json_text(&out, "file", plugin->where);
        print_end(&out);
    } else {
        put_name(&buf, plugin->name);
        buf_printf(&buf, "%zu action%s", plugin->nactions,
                   plugin->nactions == 1 ? "" : "s");
        if (missing)
            buf_printf(&buf, ", %zu unavailable", missing);
        buf_add_text(&buf, "  ");
        print_text(&buf, plugin->where);
        buf_add_byte(&buf, '\n');
        print_out(&buf);
    }
    buf_free(&buf);
}

static void put_named(const char *event, const char *name, const char *file,
                      bool json)
{
    struct buf buf = {0};

    if (json) {
        struct json_out out = print_begin(&buf, event);

        json_text(&out, event, name);
        if (file)
            json_text(&out, "file", file);
        print_end(&out);
    } else {
        if (file)
            put_name(&buf, name);
        print_text(&buf, file ? file : name);
        buf_add_byte(&buf, '\n');
        print_out(&buf);
    }
    buf_free(&buf);
}

static void ls_plugins(const struct set *set, bool json)
{
    for (size_t i = 0; i < set->catalogue.len; i++)
        put_plugin(set->catalogue.plugins[i], json);
}

static void ls_policies(const struct set *set, bool json)
{
    for (size_t i = 0; i < set->npolicies; i++)
        put_named("policy", set->policies[i]->name, set->policies[i]->file,
                  json);
}

static void ls_sources(const struct set *set, bool json)
{
    for (size_t i = 0; i < set->nsources; i++)
        put_named("source", source_name(set->sources[i]), NULL, json);
}

static void ls_lists(const struct set *set, bool json)
{
    static const char prefix[] = "lists/";

    for (size_t i = 0; i < set->files.len; i++) {
        const char *path = set->files.items[i].path;
        const char *name = path + strlen(prefix);
        char *copy;

        if (strncmp(path, prefix, strlen(prefix)) != 0 ||
            strlen(name) <= strlen(".txt"))
            continue;
        copy = str_copy((struct str){name, strlen(name) - strlen(".txt")});
        put_named("list", copy, path, json);
        free(copy);
    }
}

static const struct kind {
    const char *name;
    int flags;
    void (*ls)(const struct set *set, bool json); /* NULL: needs no set */
    int (*rows)(const struct args *args); /* of the journal, else NULL */
} kinds[] = {
    {"plugins", SET_CATALOGUE, ls_plugins, NULL},
    {"policies", SET_ALL, ls_policies, NULL},
    {"sources", SET_CATALOGUE, ls_sources, NULL},
    {"lists", SET_CATALOGUE, ls_lists, NULL},
    {"runs", 0, NULL, ls_runs},
    {"leases", 0, NULL, ls_leases},
    {"approvals", 0, NULL, ls_approvals},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int unknown(const char *name)
{
    const char *names[KINDS];
    const char *near;

    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    near = str_nearest(name, names, KINDS);
    log_line("error: ls knows plugins, policies, sources, lists, runs, leases "
             "and approvals, not \"%s\"%s%s%s",
             name, near ? "; did you mean " : "", near ? near : "",
             near ? "?" : "");
    return EXIT_USAGE;
}

static int run(const struct args *args)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct set *set;

        if (strcmp(args->items[0], kinds[i].name) != 0)
            continue;
        if (kinds[i].rows)
            return kinds[i].rows(args);
        set = site_load(args, kinds[i].flags);
        if (!set)
            return EXIT_USAGE;
        kinds[i].ls(set, args->json);
        set_unref(set);
        return EXIT_WELL;
    }
    return unknown(args->items[0]);
}

const struct command command_ls = {
    .name = "ls",
    .arguments = "plugins|policies|sources|lists|runs|leases|approvals",
    .summary = "List what the site has, its runs, leases and approvals",
    .detail = "Example: riposte ls plugins\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
