#include "cli/trail.h"

#include "base/alloc.h"
#include "base/log.h"
#include "cli/site.h"
#include "flow/lock.h"

#include <stdlib.h>

static int open_log(struct trail *trail, const char *state)
{
    char *path = alloc_printf("%s/journal.db", state);
    struct error error;
    int64_t size;
    int code = journal_look(path, &size, &error);

    if (code == ERROR_NOT_FOUND)
        error_at(&error, code, path, 0, 0,
                 "there is no journal yet; `riposte run` or `serve` makes it");
    if (!code) {
        trail->lock = lock_take(state, &error);
        code = trail->lock < 0 ? trail->lock : 0;
    }
    if (!code)
        code = audit_log_open(&trail->log, path, &error);
    if (code)
        code = site_error(&error);
    free(path);
    return code;
}

int trail_open(struct trail *trail, const struct args *args)
{
    struct settings *settings = site_settings(args->site);
    int status;

    *trail = (struct trail){.lock = -1};
    status = open_log(trail, settings->state);
    settings_free(settings);
    if (status)
        trail_close(trail);
    return status;
}

void trail_close(struct trail *trail)
{
    audit_log_close(trail->log);
    if (trail->lock >= 0)
        lock_release(trail->lock);
}
