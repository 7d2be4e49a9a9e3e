#include "base/alloc.h"
#include "cli/commands.h"
#include "cli/examine.h"
#include "cli/print.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct checker {
    bool json;
    size_t faults;
};

/* "file:line:column: what" on stdout, "file:line:column: warning: what" on
 * stderr, so that stdout is one line a file where all is well. */
static void print_fault(const struct checker *checker,
                        const struct problem *problem)
{
    struct error place = problem->error;
    struct buf buf = {0};
    char *text;

    if (checker->json) {
        print_problem(problem, true);
        return;
    }
    place.text[0] = '\0';
    text = error_format(&place);
    print_text(&buf, text);
    print_text(&buf, problem->warning ? "warning: " : "");
    print_text(&buf, problem->error.text);
    buf_add_byte(&buf, '\n');
    if (problem->warning)
        fputs(buf.data, stderr);
    else
        print_out(&buf);
    buf_free(&buf);
    free(text);
}

static void print_verdict(const struct checker *checker, const char *file,
                          bool ok)
{
    struct buf buf = {0};

    if (checker->json) {
        struct json_out out = print_begin(&buf, "file");

        json_text(&out, "file", file);
        json_bool(&out, "ok", ok);
        print_end(&out);
    } else if (ok) {
        print_text(&buf, file);
        buf_add_text(&buf, ": ok\n");
        print_out(&buf);
    }
    buf_free(&buf);
}

/* Takes what is wrong with one file. */
static void settle(struct checker *checker, const char *file,
                   struct problems *problems)
{
    for (size_t i = 0; i < problems->len; i++)
        print_fault(checker, &problems->items[i]);
    print_verdict(checker, file, !problems->errors);
    checker->faults += problems->errors;
    problems_free(problems);
}

static void settle_error(struct checker *checker, const char *file,
                         const struct error *error)
{
    struct problems problems = {0};

    problems_add(&problems, error, 0);
    settle(checker, file, &problems);
}

static void check_manifest(struct checker *checker, const char *file,
                           const char *payload)
{
    struct problems problems = {0};
    struct buf xml = {0};
    struct plugin *plugin = examine_manifest(file, payload, &xml, &problems);
    char *overlay;

    settle(checker, file, &problems);
    overlay = plugin ? examine_overlay(plugin, &problems) : NULL;
    if (overlay)
        settle(checker, overlay, &problems);
    free(overlay);
    plugin_free(plugin);
    buf_free(&xml);
}

static bool check_one(struct checker *checker, const char *path,
                      struct error *error)
{
    char *manifest, *payload;

    if (plugin_locate(path, &manifest, &payload, error))
        return false;
    check_manifest(checker, manifest, payload);
    free(manifest);
    free(payload);
    return true;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A folder of plugin folders: every one that holds a manifest. */
static bool check_below(struct checker *checker, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, visible, alphasort);
    bool any = false;

    for (int i = 0; i < count; i++) {
        size_t len = strlen(path);
        char *below =
            alloc_printf("%s%s%s", path, path[len - 1] == '/' ? "" : "/",
                         entries[i]->d_name);
        DIR *folder = opendir(below);

        if (folder) {
            closedir(folder);
            if (check_one(checker, below, NULL))
                any = true;
        }
        free(below);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return any;
}

static int run(const struct args *args)
{
    struct checker checker = {.json = args->json};

    for (size_t i = 0; i < args->len; i++) {
        const char *item = args->items[i];
        struct error error;

        if (!*item) {
            error_set(&error, ERROR_NOT_FOUND, "an empty path");
            settle_error(&checker, item, &error);
        } else if (!check_one(&checker, item, &error) &&
                   !check_below(&checker, item)) {
            error_place(&error, item, 0);
            settle_error(&checker, item, &error);
        }
    }
    return checker.faults ? EXIT_FAILED_RUN : EXIT_WELL;
}

const struct command command_plugin_check = {
    .name = "plugin check",
    .arguments = "PATH…",
    .summary = "Check plugin manifests and the overlays beside them",
    .detail =
        "A PATH is a manifest (actions.xml), a plugin's folder, or a folder "
        "of those.\nStdout has a line for each file: FILE: ok, or "
        "FILE:LINE:COLUMN: what is wrong.\nWarnings go to stderr; a missing "
        "script or interpreter is one.\nExit status 1 where a file is "
        "wrong.\n\n"
        "Example: riposte plugin check plugins\n",
    .min_args = 1,
    .max_args = ARGS_ANY,
    .run = run,
};
