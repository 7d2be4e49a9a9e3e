#include "base/alloc.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/lists.h"

#include <stdlib.h>

struct showing {
    const char *list;
    int64_t now;
    bool json;
};

static void put_json(const struct showing *showing,
                     const struct list_entry *entry, bool over)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "entry");
    char time[CLOCK_TEXT];

    json_text(&out, "list", showing->list);
    json_int(&out, "line", entry->line);
    json_key(&out, "value");
    json_put_str(&out, entry->value);
    if (entry->until) {
        clock_format(entry->until, time);
        json_text(&out, "until", time);
        json_bool(&out, "over", over);
    }
    if (entry->comment.len) {
        json_key(&out, "reason");
        json_put_str(&out, entry->comment);
    }
    print_end(&out);
    buf_free(&buf);
}

static void put_text(const struct list_entry *entry, bool over)
{
    struct buf buf = {0};
    char time[CLOCK_TEXT];
    size_t width;

    print_safe(&buf, entry->value);
    width = buf.len;
    if (entry->until) {
        clock_format(entry->until, time);
        buf_printf(&buf, "%*s%s %s", width < 40 ? (int)(40 - width) : 1, "",
                   over ? "over since" : "until", time);
    }
    if (entry->comment.len) {
        buf_printf(&buf, "%*s# ", buf.len < 40 ? (int)(40 - buf.len) : 2, "");
        print_safe(&buf, entry->comment);
    }
    buf_add_text(&buf, "\n");
    print_out(&buf);
    buf_free(&buf);
}

static int put(void *arg, const struct list_entry *entry)
{
    const struct showing *showing = arg;
    bool over = entry->until && entry->until <= showing->now;

    if (showing->json)
        put_json(showing, entry, over);
    else
        put_text(entry, over);
    return 0;
}

static int run(const struct args *args)
{
    struct showing showing = {args->items[0], clock_now(), args->json};
    char *path = alloc_printf("%s/lists/%s.txt", args->site, showing.list);
    struct error error = {0};
    struct buf text = {0};
    int err = file_read(path, SET_LIST_MAX, &text, &error);

    if (!err)
        err = lists_read(buf_str(&text), path, put, &showing, &error);
    buf_free(&text);
    free(path);
    return err ? site_error(&error) : EXIT_WELL;
}

const struct command command_list_show = {
    .name = "list show",
    .arguments = "NAME",
    .summary = "Show what is on a list of the site, and until when",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
