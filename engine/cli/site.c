#include "cli/site.h"

#include "base/alloc.h"
#include "base/log.h"
#include "cli/file.h"
#include "cli/print.h"
#include "policy/data.h"

#include <stdlib.h>

/* Commands that start programs, and load policies to choose them. */
static bool runs_policies(const struct args *args, int flags)
{
    return args->command->executor && flags == SET_ALL;
}

struct set *site_load(const struct args *args, int flags)
{
    struct problems problems = {0};
    struct set *set = set_load(args->site, flags, &problems);

    for (size_t i = 0; i < problems.len; i++)
        if (!problems.items[i].warning || flags == SET_ALL)
            print_problem(&problems.items[i], false);
    problems_free(&problems);
    if (set && !set->npolicies && runs_policies(args, flags))
        log_line("warning: no policies in %s/policies: alarms are kept, "
                 "nothing runs",
                 set->site);
    return set;
}

struct settings *site_settings(const char *site)
{
    enum { SETTINGS_MAX = 256 * 1024 }; /* as data_parse takes it */
    char *folder = realpath(site, NULL);
    char *path = alloc_printf("%s/riposte.lua", folder ? folder : site);
    struct problems problems = {0};
    struct settings *settings;
    struct json_doc *doc = NULL;
    struct buf text = {0};

    if (!file_read(path, SETTINGS_MAX, &text, NULL))
        doc = data_parse(buf_str(&text), path, NULL);
    settings = settings_compile(doc ? json_root(doc) : NULL,
                                folder ? folder : site, path, &problems);
    json_free(doc);
    problems_free(&problems);
    buf_free(&text);
    free(path);
    free(folder);
    return settings;
}

int site_error(const struct error *error)
{
    log_error(error);
    return site_status(error);
}

int site_status(const struct error *error)
{
    switch (error->code) {
    case ERROR_NOT_FOUND:
        return EXIT_NO_SUCH;
    case ERROR_BUSY:
        return EXIT_BUSY;
    case ERROR_SYSTEM:
        return EXIT_JOURNAL;
    default:
        return EXIT_USAGE;
    }
}
