#include "serve/watch.h"

#include "base/alloc.h"
#include "base/log.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where a set's files are (flow/README.md), and which of the names there
 * matter: those that end so, and folders that may come or go. */
static const struct where {
    const char *folder; /* below the site; a star is any plugin's */
    const char *ending;
    const char *also; /* another name, or NULL; "*": any */
} wheres[] = {
    {"", ".lua", NULL},
    {"policies", ".lua", "lib"},
    {"policies/lib", ".lua", NULL},
    {"sources", ".lua", NULL},
    {"lists", ".txt", NULL},
    {"overlays", ".xml", NULL},
    {"plugins", NULL, "*"},
    {"plugins/*", ".xml", NULL},
};
enum { WHERES = sizeof wheres / sizeof *wheres };

/* A folder that is watched. */
struct place {
    uv_fs_event_t event;
    struct place *next;
    struct watch *watch; /* NULL: it is being closed */
    const struct where *where;
};

struct watch {
    uv_loop_t *loop;
    char *site; /* owned */
    void (*changed)(void *arg);
    void *arg;
    uv_timer_t timer;
    uint64_t first; /* when the first change was seen; 0: none was */
    struct place *places;
    bool said; /* that a folder cannot be watched */
};

/* ---- what matters ------------------------------------------------------- */

static bool is_folder_of_ours(const char *name)
{
    for (size_t i = 0; i < WHERES; i++)
        if (!strcmp(wheres[i].folder, name))
            return true;
    return false;
}

static bool has_ending(const char *name, const char *ending)
{
    size_t len = strlen(name), end = strlen(ending);

    return len > end && !strcmp(name + len - end, ending);
}

static bool matters(const struct where *where, const char *name)
{
    if (where->also && (*where->also == '*' || !strcmp(where->also, name)))
        return true;
    if (where->ending && name[0] != '.' && has_ending(name, where->ending))
        return true;
    return !*where->folder && is_folder_of_ours(name);
}

/* ---- waiting for quiet -------------------------------------------------- */

static void watch_all(struct watch *watch);

/* Watched anew first: what changes from here on is told again. */
static void on_quiet(uv_timer_t *timer)
{
    struct watch *watch = timer->data;

    watch->first = 0;
    watch_all(watch);
    watch->changed(watch->arg);
}

static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status)
{
    struct place *place = event->data;
    struct watch *watch = place->watch;
    uint64_t now, late;

    (void)events;
    if (!watch || (!status && name && !matters(place->where, name)))
        return;
    now = uv_now(watch->loop);
    if (!watch->first)
        watch->first = now;
    late = watch->first + WATCH_LATE_MS;
    uv_timer_start(&watch->timer, on_quiet,
                   now + WATCH_QUIET_MS < late ? WATCH_QUIET_MS
                   : now < late                ? late - now
                                               : 0,
                   0);
}

/* ---- folders ------------------------------------------------------------ */

static void on_place_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void forget_all(struct watch *watch)
{
    while (watch->places) {
        struct place *place = watch->places;

        watch->places = place->next;
        place->watch = NULL;
        uv_close((uv_handle_t *)&place->event, on_place_closed);
    }
}

static void watch_one(struct watch *watch, const struct where *where,
                      const char *path)
{
    struct place *place = ALLOC(struct place);
    int err;

    uv_fs_event_init(watch->loop, &place->event);
    place->event.data = place;
    place->watch = watch;
    place->where = where;
    place->next = watch->places;
    watch->places = place;
    err = uv_fs_event_start(&place->event, on_event, path, 0);
    if (!err || err == UV_ENOENT || err == UV_ENOTDIR || watch->said)
        return;
    watch->said = true;
    log_line("%s cannot be watched (%s): say riposte reload after a change",
             path, uv_strerror(err));
}

static void watch_plugins(struct watch *watch, const struct where *where)
{
    char *folder = alloc_printf("%s/plugins", watch->site);
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char *path = alloc_printf("%s/%s", folder, entry->d_name);

        if (entry->d_name[0] != '.')
            watch_one(watch, where, path);
        free(path);
    }
    if (dir)
        closedir(dir);
    free(folder);
}

static void watch_all(struct watch *watch)
{
    forget_all(watch);
    for (size_t i = 0; i < WHERES; i++) {
        const struct where *where = &wheres[i];
        char *path = alloc_printf("%s/%s", watch->site, where->folder);

        if (strchr(where->folder, '*'))
            watch_plugins(watch, where);
        else
            watch_one(watch, where, path);
        free(path);
    }
}

/* ---- its life ----------------------------------------------------------- */

struct watch *watch_new(uv_loop_t *loop, const char *site,
                        void (*changed)(void *arg), void *arg)
{
    struct watch *watch = ALLOC(struct watch);

    watch->loop = loop;
    watch->site = alloc_text(site);
    watch->changed = changed;
    watch->arg = arg;
    uv_timer_init(loop, &watch->timer);
    watch->timer.data = watch;
    watch_all(watch);
    return watch;
}

static void on_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;

    free(watch->site);
    free(watch);
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    forget_all(watch);
    uv_close((uv_handle_t *)&watch->timer, on_closed);
}
