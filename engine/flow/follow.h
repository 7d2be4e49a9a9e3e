#ifndef RIPOSTE_FLOW_FOLLOW_H
#define RIPOSTE_FLOW_FOLLOW_H

#include "flow/flow.h"

/*
 * The files behind one path that is followed: the one that is there, and those
 * that were there before and were renamed (NAME.1, NAME-20261124). Which of
 * them is to be read next, and from where; each is known by its inode and the
 * time at which it was made, whatever it is called.
 */
struct follow;

/* A file that is to be read. */
struct follow_file {
    int fd;          /* the caller's */
    uint64_t offset; /* where to begin, and the line there */
    unsigned line;
    const char *digest; /* of its first record, "": not known. With the next one
                           valid until the next call */
    const char *chosen; /* the source that it was read as, or "" */
};

/* Begins where the journal says that an earlier process stopped; where it
 * knows nothing of the path, with the file that is there, as if what was
 * renamed before had been read. */
int follow_open(struct follow **follow, struct flow *flow, const char *path,
                const char *source, struct follow_file *file,
                struct error *error);
void follow_close(struct follow *follow); /* NULL is fine */

/* The file that is read has no more bytes for now. partial: the last of them
 * are no whole record. */
enum follow_turn {
    FOLLOW_STAY,  /* more may come */
    FOLLOW_ASIDE, /* another one first; then this one goes on where it was */
    FOLLOW_LEAVE, /* another one from now on: what came last is a record */
};
enum follow_turn follow_turn(struct follow *follow, bool partial);
/* Then, once its last records were offered: gives the other one. end: how many
 * bytes of the one before were read. */
void follow_switch(struct follow *follow, enum follow_turn turn, uint64_t end,
                   struct follow_file *file);
/* Takes the descriptor of the one before. */
void follow_left(struct follow *follow, enum follow_turn turn, int fd);
/* It was cut: it is read from its start, and what was copied before is looked
 * for. */
void follow_cut(struct follow *follow);

/* How far the file is read by now; in the journal with what was offered last.
 * lazily: it may wait, since nothing that counts came since. */
void follow_mark(struct follow *follow, uint64_t offset, unsigned line,
                 const char *digest, const char *chosen, bool lazily);

#endif
