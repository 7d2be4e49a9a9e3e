#include "cli/become.h"

#include "base/log.h"
#include "cli/site.h"
#include "exec/client.h"
#include "exec/hold.h"
#include "flow/lock.h"
#include "flow/settings.h"

#include <time.h>

enum {
    SLOTS_TIMEOUT_MS = 60 * 1000, /* a slot that dies gives up after 10 s */
    SLOTS_SAID_MS = 500,          /* usually they are gone by then */
    SLOTS_PAUSE_MS = 20,
};

/* Another engine works there: the same as it would say itself. */
static int is_taken(const char *state, struct error *error)
{
    int fd = lock_holder(state) ? lock_take(state, error) : -1;

    if (fd == ERROR_BUSY)
        return ERROR_BUSY;
    if (fd >= 0)
        lock_release(fd);
    return 0;
}

/* What an executor that died has left must have ended: until then nobody knows
 * what its actions have done. */
static int wait_for_slots(const char *site, const char *state,
                          struct error *error)
{
    const struct timespec pause = {.tv_nsec = SLOTS_PAUSE_MS * 1000000L};

    for (int waited = 0; hold_take(site) == ERROR_BUSY;
         waited += SLOTS_PAUSE_MS) {
        if (is_taken(state, error))
            return ERROR_BUSY;
        if (waited == SLOTS_SAID_MS)
            log_line("%s: an earlier riposte-exec, or a slot of it, has not "
                     "ended yet; waiting for it",
                     site);
        if (waited >= SLOTS_TIMEOUT_MS)
            return error_at(error, ERROR_BUSY, site, 0, 0,
                            "an earlier riposte-exec, or a slot of it, does "
                            "not end; find it with ps, see what its action "
                            "has done, and kill it");
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* What keeps no journal knows nothing of other processes' actions. */
int become_executor(const struct args *args, const char *mode)
{
    struct settings *settings = site_settings(args->site);
    bool alone = args_has(args, "--dry-run") || args_has(args, "--no-journal");
    struct error error;
    int code = alone ? 0 : wait_for_slots(args->site, settings->state, &error);

    settings_free(settings);
    if (!code)
        exec_client_become(mode, args->argv, &error);
    log_error(&error);
    return code == ERROR_BUSY ? EXIT_BUSY : EXIT_JOURNAL;
}
