#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/secret.h"
#include "cli/site.h"
#include "exec/store.h"

#include <stdlib.h>
#include <string.h>

/* A site that does not load says so elsewhere. */
static void find_uses(struct secret_uses *uses, const char *site)
{
    struct problems problems = {0};
    struct set *set = set_load(site, SET_CATALOGUE, &problems);

    if (set)
        secret_uses_find(uses, set);
    set_unref(set);
    problems_free(&problems);
}

static void say_json(const char *name, const struct secret_uses *uses)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "secret");

    json_text(&out, "secret", name);
    json_text(&out, "done", "removed");
    json_key(&out, "used");
    json_open(&out, '[');
    for (size_t i = 0; i < uses->len; i++)
        if (!strcmp(uses->items[i].name, name))
            json_put_text(&out, uses->items[i].where);
    json_close(&out, ']');
    print_end(&out);
    buf_free(&buf);
}

static void say(const char *name, const struct secret_uses *uses)
{
    struct buf buf = {0};

    buf_printf(&buf, "secret %s is removed\n", name);
    print_out(&buf);
    buf_free(&buf);
    for (size_t i = 0; i < uses->len; i++)
        if (!strcmp(uses->items[i].name, name))
            log_line("warning: %s still names it", uses->items[i].where);
}

static int run(const struct args *args)
{
    const char *name = args->items[0];
    char *folder = secret_folder(args->site);
    struct secret_uses uses = {0};
    struct error error;
    int status = secret_name_check(str_of(name), &error);

    if (!status) {
        status = store_remove(folder, name, &error);
        if (status == ERROR_NOT_FOUND)
            error_set(&error, ERROR_NOT_FOUND,
                      "no secret %s is set; riposte secret list shows which "
                      "are",
                      name);
    }
    if (!status) {
        find_uses(&uses, args->site);
        if (args->json)
            say_json(name, &uses);
        else
            say(name, &uses);
    }
    secret_uses_free(&uses);
    free(folder);
    return status ? site_error(&error) : EXIT_WELL;
}

const struct command command_secret_remove = {
    .name = "secret remove",
    .arguments = "NAME",
    .summary = "Forget a secret, and say who still names it",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
