#ifndef RIPOSTE_GATE_SPELLING_H
#define RIPOSTE_GATE_SPELLING_H

#include "base/addr.h"
#include "base/buf.h"
#include "model/catalogue.h"

/*
 * What a value names, whatever its spelling: a program that gets it may read
 * "0x7f.1", "[::ffff:127.0.0.1]:80" and "http://u@127.1./x" all as one
 * address. Pure functions; a value may have several readings, and every one
 * is given, also where no program that we know takes it.
 */
enum name_kind {
    NAME_RANGE,  /* addresses, from first to last */
    NAME_WORD,   /* a host, a domain or a user */
    NAME_ACCOUNT /* a user of a domain */
};

struct name {
    enum name_kind kind;
    struct addr first, last; /* RANGE: single addresses */
    struct str text;         /* WORD; ACCOUNT: its user. As it is spelled */
    struct str domain;       /* ACCOUNT */
    bool user; /* WORD: it may be a user whose domain is not said */
};

/* True: enough. The name and its text live during the call. */
typedef bool (*spelling_fn)(void *arg, const struct name *name);

/* Every reading of a parameter's value, by the parameter's type; an untyped
 * one by its whole value and by each of its words. Types that name nothing
 * (text, int, path …) give none. Returns what the last call did. */
bool spelling_each(enum value_type type, struct str value, spelling_fn each,
                   void *arg);

/* The readings as addresses and ranges alone. */
bool spelling_addresses(struct str text, spelling_fn each, void *arg);

/* spelling_range.c: those with a range in some part. */
bool spelling_octets(struct str text, spelling_fn each, void *arg);

/* spelling_fold.c: the value without what stands for ASCII in other ways.
 * False: that is no other value, but for its case. */
bool spelling_fold(struct str value, struct buf *buf);

/* The two halves of DOMAIN\user and user@domain; dots at its end are
 * not the domain's. */
bool spelling_account(struct str text, struct str *user, struct str *domain);

#endif
