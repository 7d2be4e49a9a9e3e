#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/secret.h"
#include "cli/site.h"
#include "exec/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads one byte more than fits, so that what is too long is told. */
static int read_value(struct buf *value, struct error *error)
{
    enum { ROOM = SECRET_VALUE_MAX + 2 };
    char *room = buf_room(value, ROOM);
    ssize_t got = 1;

    while (got && value->len < ROOM) {
        got = read(STDIN_FILENO, room + value->len, ROOM - value->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, ERROR_SYSTEM, "stdin: %s", strerror(errno));
        value->len += (size_t)got;
    }
    return 0;
}

static void say(const struct args *args, const char *folder)
{
    struct buf buf = {0};

    if (args->json) {
        struct json_out out = print_begin(&buf, "secret");

        json_text(&out, "secret", args->items[0]);
        json_text(&out, "done", "set");
        print_end(&out);
    } else {
        buf_printf(&buf, "secret %s is set, in ", args->items[0]);
        print_text(&buf, folder);
        buf_add_byte(&buf, '\n');
        print_out(&buf);
    }
    buf_free(&buf);
}

/* The folder above it is the site's state; a new site has none yet. */
static int store(const char *folder, const char *name, struct str value,
                 struct error *error)
{
    char *state =
        str_copy((struct str){folder, (size_t)(strrchr(folder, '/') - folder)});

    mkdir(state, 0700);
    free(state);
    return store_write(folder, name, value, error);
}

static int run(const struct args *args)
{
    char *folder = secret_folder(args->site);
    struct buf value = {0};
    struct error error;
    int status = secret_name_check(str_of(args->items[0]), &error);

    if (!status)
        status = read_value(&value, &error);
    if (!status)
        status = store(folder, args->items[0], buf_str(&value), &error);
    if (!status)
        say(args, folder);
    if (value.data)
        explicit_bzero(value.data, value.cap);
    buf_free(&value);
    free(folder);
    return status ? site_error(&error) : EXIT_WELL;
}

const struct command command_secret_set = {
    .name = "secret set",
    .arguments = "NAME",
    .summary = "Keep a secret for plugins, read from stdin",
    .detail =
        "The value is what stdin has, without its last line end; never an "
        "argument, which\nother users could see. It is kept in state/secrets, "
        "readable by its owner alone.\nWorks while serve runs; the next action "
        "gets the new value.\n\n"
        "Example:\n"
        "  riposte secret set vt-api-key < key.txt\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
