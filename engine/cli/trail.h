#ifndef RIPOSTE_CLI_TRAIL_H
#define RIPOSTE_CLI_TRAIL_H

#include "cli/command.h"
#include "journal/audit_log.h"
#include "journal/journal.h"

/*
 * What the audit commands share: the site's audit, with the lock of its state
 * folder held, so that no other process has the journal open.
 */
struct trail {
    struct audit_log *log; /* owned */
    int lock;
};

/* Where it fails, why was said; returns 0 or an exit status. */
int trail_open(struct trail *trail, const struct args *args);
void trail_close(struct trail *trail);

/* trail_file.c: every record of an exported file ("-": stdin) into a chain
 * that it begins. line: of the break, where there is one. Returns 0, or the
 * error where the file cannot be read or is no export. */
int trail_read_file(const char *path, const struct audit_head *kept,
                    struct chain *chain, char id[AUDIT_ID_MAX], int64_t *line,
                    struct error *error);

#endif
