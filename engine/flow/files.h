#ifndef RIPOSTE_FLOW_FILES_H
#define RIPOSTE_FLOW_FILES_H

#include "model/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * The files of a folder that are, or were, at one path: NAME, and what it is
 * called once it was renamed.
 */

/* What a file stays when it is renamed. */
struct identity {
    int64_t inode;
    int64_t born; /* ns since 1970, or 0: the file system does not say */
};
bool identity_same(struct identity a, struct identity b);

struct file {
    struct identity is;
    char *path; /* owned, or NULL */
    uint64_t size;
    struct timespec written;
    bool in_place; /* at NAME itself */
};
struct files {
    struct file *items; /* owned */
    size_t len, cap;
};

/* Fills all but path and in_place; false where it is no regular file. */
bool file_look(const char *path, struct file *file);
bool file_look_open(int fd, struct file *file);
/* Opens it for reading, or -1. */
int file_open(const struct file *file);

/* Is its first record, cut in that format, the one of that digest (see
 * framing.h)? */
bool file_begins_as(int fd, enum source_format format, const char *digest);

/* NAME-20261124, NAME.1: is that how NAME is called once it was renamed? */
bool files_renamed(const char *name, const char *entry);
/* Those of that folder; the one that was written to last comes last, the one
 * in place behind them: the order of the lines in them. Links are taken for
 * NAME alone. */
struct files files_scan(const char *folder, const char *name);
void files_free(struct files *files);

#endif
