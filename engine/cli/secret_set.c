#include "base/alloc.h"
#include "base/log.h"
#include "cli/ask.h"
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

enum { LEFT = 1 }; /* whoever was asked left */

/* ---- From a terminal --------------------------------------------------- */

static void tell(const char *text)
{
    struct buf buf = {0};

    buf_add_text(&buf, text);
    ask_say(&buf);
    buf_free(&buf);
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* False where whoever was asked left. *same: both times it was the same. */
static bool ask_both(struct ask *ask, const char *name, struct buf *value,
                     bool *same)
{
    struct buf prompt = {0};
    char *first, *second = NULL;

    buf_printf(&prompt, "Value of %s (hidden): ", name);
    first = ask_line(ask, &(struct ask_question){prompt.data, .hidden = true});
    if (first)
        second = ask_line(
            ask, &(struct ask_question){"Once more: ", .hidden = true});
    *same = second && !strcmp(first, second);
    if (*same)
        buf_add_text(value, first);
    wipe(first);
    wipe(second);
    buf_free(&prompt);
    return second;
}

/* What nobody sees is easily mistyped. */
static int ask_value(const char *name, struct buf *value, struct error *error)
{
    struct ask *ask = NULL;
    bool same = false;
    int status;

    if (!ask_possible())
        return error_set(error, ERROR_INVALID,
                         "stdin is a terminal and stderr is none, so that "
                         "nothing can be asked there; pipe the value in");
    status = ask_open(&ask, error);
    if (status)
        return status;
    while (!same && ask_both(ask, name, value, &same)) {
        if (!same)
            tell("They differ; nothing is kept yet, so once again.\n");
    }
    ask_close(ask);
    return same ? 0 : LEFT;
}

/* ---- From a pipe ------------------------------------------------------- */

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

/* ---- Both -------------------------------------------------------------- */

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
    const char *name = args->items[0];
    struct buf value = {.wiped = true};
    struct error error;
    int status = secret_name_check(str_of(name), &error);

    if (!status && secret_close_up() < 0)
        status = error_set(&error, ERROR_SYSTEM,
                           "cannot keep this process from leaving core files");
    if (!status)
        status = isatty(STDIN_FILENO) ? ask_value(name, &value, &error)
                                      : read_value(&value, &error);
    if (!status)
        status = store(folder, name, buf_str(&value), &error);
    if (!status)
        say(args, folder);
    buf_free(&value);
    free(folder);
    if (status == LEFT)
        return EXIT_INTERRUPTED;
    return status ? site_error(&error) : EXIT_WELL;
}

const struct command command_secret_set = {
    .name = "secret set",
    .arguments = "NAME",
    .summary = "Keep a secret for plugins, asked for or read from stdin",
    .detail =
        "On a terminal it asks twice, and shows nothing. Else the value is "
        "what stdin has,\nwithout its last line end; never an argument, which "
        "other users could see. It is\nkept in state/secrets, readable by its "
        "owner alone. Works while serve runs; the\nnext action gets the new "
        "value.\n\n"
        "Example:\n"
        "  riposte secret set vt-api-key < key.txt\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
