#ifndef RIPOSTE_MODEL_PACKAGE_INNER_H
#define RIPOSTE_MODEL_PACKAGE_INNER_H

#include "model/package.h"

/* The parts of reading and writing packages, for package_*.c alone. */

/* ---- package_name.c: the names of one package -------------------------- */

struct names;

/* From names_new to names_free the thread's characters are UTF-8, whatever
 * the process was started with, for libarchive too. */
struct names *names_new(void);
void names_free(struct names *names); /* NULL is fine */

/* Is it a relative name that every system takes the same way? `from` is where
 * errors are placed. */
int names_check(struct str name, const char *from, struct error *error);

/* Takes a checked name. *fresh: it was not there yet; a folder may be claimed
 * again, a file never, nor a name that differs in case alone. */
int names_claim(struct names *names, struct str name, bool folder, bool *fresh,
                const char *from, struct error *error);

/* ---- package_place.c: the folder that is being filled ------------------ */

struct place;

/* Makes the folder. NULL: it could not. */
struct place *place_new(const char *folder, const char *from,
                        struct error *error);
int place_folder(struct place *place, const char *name, struct error *error);
/* Begins a file (and its folders); place_write adds to it, place_close ends
 * it. mtime negative: now. */
int place_open(struct place *place, const char *name, bool executable,
               struct error *error);
int place_write(struct place *place, struct str bytes, struct error *error);
int place_close(struct place *place, int64_t mtime, struct error *error);
uint64_t place_bytes(const struct place *place); /* written so far */
/* Makes the folder as it is to stay, or, where status is not 0, deletes it.
 * Frees the place. Returns the status, or what went wrong here. */
int place_end(struct place *place, int status, struct error *error);

/* ---- package_walk.c: a folder on the disk ------------------------------ */

struct walk_entry {
    const char *name; /* relative to the folder walked */
    bool folder;
    bool executable;
    int64_t mtime; /* seconds since 1970 */
    int fd;        /* of a file: open for reading; the walk closes it */
};
typedef int (*walk_fn)(void *arg, const struct walk_entry *entry,
                       struct error *error);

/* Every entry below the folder, in the order of their names' bytes, a folder
 * before what is in it; not what version control keeps there. Names and sizes
 * are checked as those of a package; `prefix` ("" or "Plugin/bin/") counts as
 * part of the names. A negative return ends the walk and is returned. */
int walk_folder(const char *folder, const char *prefix, walk_fn each, void *arg,
                struct error *error);
/* Appends an entry's file. */
int walk_read(const struct walk_entry *entry, struct buf *buf,
              struct error *error);

#endif
