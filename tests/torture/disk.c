/* Linked into build/torture/riposte: a disk that fails the journal.
 * RIPOSTE_DISK is "N WAY": the Nth write, sync or truncation that SQLite asks
 * for fails, and how. With N = 0 none does; the last line of stderr then says
 * how many there were. */

#include "../unit/journal/shim.h"

#include <stdio.h>
#include <stdlib.h>

static const struct way {
    const char *name;
    int failure;
    bool once;  /* the Nth alone, or all from it on */
    bool whole; /* nothing of a write was written, or half of it */
} ways[] = {
    {"none", 0, false, false},
    {"EIO-once", SQLITE_IOERR_WRITE, true, true},
    {"EIO-for-ever", SQLITE_IOERR_WRITE, false, true},
    {"EIO-once-half", SQLITE_IOERR_WRITE, true, false},
    {"EIO-for-ever-half", SQLITE_IOERR_WRITE, false, false},
    {"ENOSPC-once", SQLITE_FULL, true, true},
    {"ENOSPC-for-ever", SQLITE_FULL, false, true},
    {"ENOSPC-once-half", SQLITE_FULL, true, false},
    {"ENOSPC-for-ever-half", SQLITE_FULL, false, false},
};

static bool installed;

__attribute__((constructor)) static void install(void)
{
    const char *text = getenv("RIPOSTE_DISK");
    char name[32];
    int nth;

    if (!text || sscanf(text, "%d %31s", &nth, name) != 2)
        return;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(name, ways[i].name) != 0)
            continue;
        shim_install();
        shim_fail(nth, ways[i].failure);
        shim.once = ways[i].once;
        shim.whole = ways[i].whole;
        installed = true;
    }
}

__attribute__((destructor)) static void count(void)
{
    if (installed)
        fprintf(stderr, "disk: %d operations, %d failed\n", shim.operations,
                shim.failed);
}
