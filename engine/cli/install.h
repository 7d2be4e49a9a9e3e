#ifndef RIPOSTE_CLI_INSTALL_H
#define RIPOSTE_CLI_INSTALL_H

#include "base/error.h"
#include "flow/set.h"

#include <stdbool.h>

/*
 * Changing a site's plugins, for plugin import, new and remove. Everything
 * is prepared in one folder beside the others, on the same file system, whose
 * name loading passes over; one rename then puts it in force, or takes it out
 * of force. Killed at any moment, the site is the old one or the new one; what
 * is left beside goes with the next import or remove.
 */
#define INSTALL_ASIDE ".incoming"

struct install {
    char *site;    /* owned: absolute */
    char *plugins; /* owned: its plugins folder */
    char *aside;   /* owned: the folder to prepare in; not there at first */
    int lock;      /* held: one change at a time; or -1 */
    bool made;     /* the plugins folder was made for this */
};

/* ERROR_BUSY where another process is at it. The site is loaded behind this,
 * or it may change between the look and the change. */
int install_begin(struct install *install, const char *site,
                  struct error *error);
/* Whatever is still aside goes. */
void install_end(struct install *install);

/* The folder aside becomes plugins/FOLDER: instead of the one that is there,
 * which is deleted, or as a new one, where there is none. */
int install_replace(struct install *install, const char *folder,
                    struct error *error);
int install_add(struct install *install, const char *folder,
                struct error *error);
int install_remove(struct install *install, const char *folder,
                   struct error *error);

/* trial.c: what would not load any more if plugins/FOLDER were replaced by
 * what is aside (with_aside), or gone: the errors that the site does not have
 * now, as if the change were made. */
void install_try(const struct install *install, const char *folder,
                 bool with_aside, struct problems *fresh);

/* The same of a set that the journal keeps, without plugins/FOLDER. Takes the
 * files. Returns the set as it was, or NULL where it did not load either. */
struct set *install_try_stored(const char *site, struct set_files *files,
                               const char *folder, struct problems *fresh);

/* open_runs.c: ERROR_INVALID, and the run and its policy in the error, where
 * an open run of the journal needs plugins/FOLDER; ERROR_BUSY where another
 * process has the journal. */
int open_runs_free(const struct set *set, const char *folder,
                   struct error *error);

/* The name of the folder below plugins/ that a site's plugin came from. The
 * caller frees it. */
char *install_folder(const struct plugin *plugin);

#endif
