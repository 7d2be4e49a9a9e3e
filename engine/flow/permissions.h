#ifndef RIPOSTE_FLOW_PERMISSIONS_H
#define RIPOSTE_FLOW_PERMISSIONS_H

#include "base/error.h"

#include <sys/stat.h>

/*
 * Who may write a site's files decides what runs: a file or folder that its
 * group or everybody may write, or that belongs to somebody who is neither
 * root nor the user that riposte runs as, is refused when the site is loaded.
 * Only the site's own files and folders are looked at, not what is above them.
 *
 * A symbolic link is judged by what it leads to, since anybody who could
 * change the link could write its folder, which is judged, too; so is the
 * folder of a file outside that a link in a plugin leads to.
 */
enum {
    /* Of one plugin's folder. A Python environment with a dozen packages has
     * 5,000 entries and is 8 deep. */
    PERMISSIONS_ENTRIES_MAX = 20000,
    PERMISSIONS_DEPTH_MAX = 32,
    /* Problems of one plugin's folder; the last one has the number of the
     * others, which one command mends. */
    PERMISSIONS_SHOWN_MAX = 8,
};

/* Judges what fstat said. path: for the command that mends it. Returns 0, or
 * ERROR_DENIED with the reason, without a place. */
int permissions_check(const struct stat *info, const char *path,
                      struct error *error);

/* Judges a plugin's folder, site/folder, and all that is below it, hidden
 * entries, too. A link to a folder outside is refused, because nobody looks
 * at what is there. */
void permissions_payload(const char *site, const char *folder,
                         struct problems *problems);

/* Judges the state folder, the journal in it, and its secrets/, of which nobody
 * else may read anything. Where there is none, nothing is wrong. A secret that
 * is a link is a warning: it is not read. */
void permissions_state(const char *state, struct problems *problems);

#endif
