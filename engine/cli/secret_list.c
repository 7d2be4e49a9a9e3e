#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/secret.h"
#include "cli/site.h"
#include "exec/store.h"

#include <stdlib.h>
#include <string.h>

/* One secret: it is kept, or named, or both. */
struct row {
    const char *name;
    const struct store_entry *entry; /* NULL: it is not kept */
    const struct secret_use *uses;
    size_t nuses;
};

static void put_json(const struct row *row)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "secret");
    char time[CLOCK_TEXT];

    json_text(&out, "secret", row->name);
    if (row->entry) {
        clock_format(row->entry->time, time);
        json_text(&out, "set", time);
    } else {
        json_null(&out, "set");
    }
    json_key(&out, "used");
    json_open(&out, '[');
    for (size_t i = 0; i < row->nuses; i++)
        json_put_text(&out, row->uses[i].where);
    json_close(&out, ']');
    print_end(&out);
    buf_free(&buf);
}

static void put_text(const struct row *row, bool command)
{
    struct buf buf = {0};
    char time[CLOCK_TEXT];

    buf_printf(&buf, "%-24s  ", row->name);
    if (row->entry) {
        clock_format(row->entry->time, time);
        buf_printf(&buf, "set %s", time);
    } else {
        buf_add_text(&buf, command ? "left to secret_command" : "not set");
    }
    for (size_t i = 0; i < row->nuses; i++) {
        buf_add_text(&buf, i ? ", " : "  used by ");
        print_text(&buf, row->uses[i].where);
    }
    buf_add_text(&buf, row->nuses ? "\n" : "  nothing names it\n");
    print_out(&buf);
    buf_free(&buf);
}

/* Both are sorted by name. */
static struct row next_row(const struct store_list *list, size_t *entry,
                           const struct secret_uses *uses, size_t *use)
{
    struct row row = {0};
    int order = *entry == list->len ? 1
                : *use == uses->len
                    ? -1
                    : strcmp(list->items[*entry].name, uses->items[*use].name);

    row.name = order > 0 ? uses->items[*use].name : list->items[*entry].name;
    if (order <= 0)
        row.entry = &list->items[(*entry)++];
    row.uses = uses->items + *use;
    while (*use < uses->len && !strcmp(uses->items[*use].name, row.name)) {
        (*use)++;
        row.nuses++;
    }
    return row;
}

static int put_all(const struct args *args, const struct set *set)
{
    bool command = set->settings->secret_command.len > 0;
    struct store_list list = {0};
    struct secret_uses uses = {0};
    struct error error;
    int status = store_list(set->settings->secrets, &list, &error);

    secret_uses_find(&uses, set);
    for (size_t entry = 0, use = 0;
         !status && (entry < list.len || use < uses.len);) {
        struct row row = next_row(&list, &entry, &uses, &use);

        if (args->json)
            put_json(&row);
        else
            put_text(&row, command);
    }
    store_list_free(&list);
    secret_uses_free(&uses);
    return status ? site_error(&error) : EXIT_WELL;
}

static int run(const struct args *args)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    int status = set ? put_all(args, set) : EXIT_USAGE;

    set_unref(set);
    return status;
}

const struct command command_secret_list = {
    .name = "secret list",
    .arguments = "",
    .summary = "Which secrets are set, and who names which",
    .detail = "Names only: nothing of what they are, not even their length.\n",
    .run = run,
};
