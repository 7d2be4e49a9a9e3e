#include "base/log.h"
#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/print.h"
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
    void (*ls)(const struct set *set, bool json);
    int flags;
} kinds[] = {
    {"plugins", ls_plugins, SET_CATALOGUE},
    {"policies", ls_policies, SET_ALL},
    {"sources", ls_sources, SET_CATALOGUE},
    {"lists", ls_lists, SET_CATALOGUE},
};
enum { KINDS = sizeof kinds / sizeof *kinds, NAMES_MAX = 16 };

static int unknown(const char *name)
{
    struct buf known = {0};
    const char *names[NAMES_MAX];
    const char *near;
    size_t len = 0;

    while (len < KINDS)
        names[len] = kinds[len].name, len++;
    for (const struct listing_kind *kind = listing_kinds; kind->name; kind++)
        names[len++] = kind->name;
    for (size_t i = 0; i < len; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", names[i]);
    near = str_nearest(name, names, len);
    log_line("error: ls knows %s; not \"%s\"%s%s%s", known.data, name,
             near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    buf_free(&known);
    return EXIT_USAGE;
}

static int ls_site(const struct args *args, const struct kind *kind)
{
    struct error error = {0};
    struct set *set;

    if (filter_none(args, kind->name, &error))
        return site_error(&error);
    set = site_load(args, kind->flags);
    if (!set)
        return EXIT_USAGE;
    kind->ls(set, args->json);
    set_unref(set);
    return EXIT_WELL;
}

static int run(const struct args *args)
{
    for (size_t i = 0; i < KINDS; i++)
        if (!strcmp(args->items[0], kinds[i].name))
            return ls_site(args, &kinds[i]);
    return unknown(args->items[0]);
}

static const struct desk_work *desk_of(const struct args *args)
{
    for (const struct listing_kind *kind = listing_kinds; kind->name; kind++)
        if (!strcmp(args->items[0], kind->name))
            return &listing_work;
    return NULL;
}

const struct command command_ls = {
    .name = "ls",
    .arguments = "plugins|policies|sources|lists|alarms|runs|steps|leases|"
                 "approvals|sets",
    .summary = "List what the site has, and what the journal has",
    .detail = "Alarms, runs, steps, leases, approvals and sets are the "
              "journal's: the newest last.\n\n"
              "Example: riposte ls steps --state unknown --since 7d\n",
    .options = filter_options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
    .desk = desk_of,
};
