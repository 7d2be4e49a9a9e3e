#ifndef RIPOSTE_MODEL_PACKAGE_INNER_H
#define RIPOSTE_MODEL_PACKAGE_INNER_H

#include "model/package.h"

#include <stdint.h>
#include <sys/types.h>

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
 * again, a file never, nor a name that some systems take for the same. */
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
/* Where the only thing at the top is a folder that holds a plugin, what is in
 * it comes up to the top. */
int place_lift(struct place *place, struct error *error);
/* Makes the folder as it is to stay, or, where status is not 0, deletes it.
 * Frees the place. Returns the status, or what went wrong here. */
int place_end(struct place *place, int status, struct error *error);

/* ---- package_child.c: a process that can only read and say ------------- */

struct child {
    pid_t pid;
    int in; /* what it says */
};

/* Limits of the process that takes an archive apart, and why. */
enum {
    /* Seconds of the processor: the largest package takes 2. */
    CHILD_CPU_MAX = 300,
    /* Bytes of memory: the engine's own and libarchive's, ten times over. */
    CHILD_MEMORY_MAX = 512 * 1024 * 1024,
};

/* Starts a process that runs run(arg), reading from fd (its 0) and writing to
 * child->in (its 1), and exits. It has no other descriptor, opens nothing,
 * starts nothing, makes no file, connects to nobody: whatever takes it over
 * can say something wrong, and no more. This process has one thread. */
int child_start(struct child *child, int fd, void (*run)(void *arg), void *arg,
                const char *from, struct error *error);
/* Takes exactly len bytes. ERROR_SYSTEM: it ended before. */
int child_read(const struct child *child, void *bytes, size_t len);
/* Ends it, also where it is at work. */
void child_end(struct child *child);

/* ---- package_stream.c: a package's bytes, without their gzip ----------- */

enum form { FORM_TAR, FORM_GZIP, FORM_ZIP }; /* by the first bytes */
enum form form_of(int fd); /* which stays where it is, at the beginning */

struct stream;

struct stream *stream_new(int fd, enum form form);
void stream_free(struct stream *stream);
/* The next bytes, valid until the next call. Returns their number, 0 at the
 * end, or an error: what is cut, ill-formed, fails its checksum, or goes on
 * behind its end. */
ssize_t stream_read(struct stream *stream, const void **bytes,
                    struct error *error);
/* Of a zip, which is read by its directory. As lseek. */
int64_t stream_seek(struct stream *stream, int64_t offset, int whence);
uint64_t stream_total(const struct stream *stream); /* bytes given so far */
/* Of those, how many up to the last that is not zero. */
uint64_t stream_filled(const struct stream *stream);

/* ---- package_archive.c: an archive taken apart, in the child ----------- */

/* What the child says: one of these, and behind it len bytes. A file's bytes
 * follow it in any number of pieces. */
struct piece {
    uint32_t kind; /* enum piece_kind */
    uint32_t len;  /* at most PIECE_MAX */
    int64_t value;
};
enum { PIECE_MAX = 64 * 1024 };
enum piece_kind {
    PIECE_FOLDER,  /* its name */
    PIECE_FILE,    /* its name; value: its time, or negative */
    PIECE_PROGRAM, /* a file that may be executed */
    PIECE_BYTES,
    PIECE_END,   /* of the archive, which is sound */
    PIECE_ERROR, /* the text; value: its code */
};

struct archive_job {
    int fd; /* where the archive is; pieces go to out */
    int out;
    enum form form;
    uint64_t packed; /* the file's bytes */
};
/* Says everything that is in it, whatever its names are. */
void archive_take(const struct archive_job *job);

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
