#include "journal/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    NUMBER_TEXT = 24, /* a sign, 19 digits, NUL, and room */
    /* Records that may be missing where the later ones were numbered anew:
     * as many hashes are computed, once. */
    RENUMBERED_MAX = 1000,
};

static void add_number(struct hash *hash, int64_t number)
{
    char text[NUMBER_TEXT];

    snprintf(text, sizeof text, "%" PRId64, number);
    hash_add_part(hash, str_of(text));
}

void audit_extend(struct audit_head *head, const char *kind, int64_t time,
                  struct str body)
{
    struct hash *hash = hash_new();

    hash_add_part(hash, str_of(head->hash));
    add_number(hash, ++head->n);
    add_number(hash, time);
    hash_add_part(hash, str_of(kind));
    hash_add_part(hash, body);
    hash_end(hash, head->hash);
}

/* ---- checking ---------------------------------------------------------- */

void chain_begin(struct chain *chain, const struct audit_head *start,
                 const struct audit_head *kept)
{
    memset(chain, 0, sizeof *chain);
    chain->start = chain->head = *start;
    if (kept)
        chain->kept = *kept;
    else
        chain->kept.n = -1;
}

/* Is the record's content what belongs behind head? Then with this hash. */
static struct audit_head behind(const struct audit_head *head,
                                const struct audit_record *record)
{
    struct audit_head next = *head;

    audit_extend(&next, record->kind, record->time, record->body);
    return next;
}

static void fault(struct chain *chain, enum chain_fault which, int64_t other)
{
    chain->fault = which;
    chain->n = chain->head.n + 1;
    chain->other = other;
}

/* A head that the log had; is it the kept one? */
static void compare_kept(struct chain *chain, const struct audit_head *head)
{
    if (head->n != chain->kept.n)
        return;
    chain->kept_seen = true;
    if (!strcmp(head->hash, chain->kept.hash))
        return;
    chain->fault = CHAIN_NOT_KEPT;
    chain->n = chain->kept.n;
    chain->ended = true;
}

/* The record does not follow. */
static void breaks(struct chain *chain, const struct audit_record *record)
{
    bool gap = record->n > chain->head.n + 1;

    fault(chain, gap ? CHAIN_MISSING : CHAIN_CHANGED, record->n - 1);
    chain->stood.n = record->n;
    snprintf(chain->stood.hash, sizeof chain->stood.hash, "%s", record->hash);
    chain->first = true;
}

/* Do records lack before the one that stands at the break, the later ones
 * having been numbered anew? `next` follows it, so it tells what number it
 * had. */
static bool renumbered(struct chain *chain, const struct audit_record *next)
{
    for (int lack = 1; lack <= RENUMBERED_MAX; lack++) {
        struct audit_head there = chain->stood;

        there.n += lack;
        audit_extend(&there, next->kind, next->time, next->body);
        if (strcmp(there.hash, next->hash) != 0)
            continue;
        fault(chain, CHAIN_MISSING, chain->head.n + lack);
        return true;
    }
    return false;
}

/* After a break: is this what belongs there? */
static void seek(struct chain *chain, const struct audit_record *record)
{
    struct audit_head next = behind(&chain->head, record);
    bool mine = !strcmp(next.hash, record->hash) ||
                !strcmp(next.hash, chain->stood.hash);

    if (mine) {
        /* A line that was moved keeps its number, a row's content does not. */
        fault(chain, CHAIN_SWAPPED,
              record->n == next.n ? chain->stood.n : record->n);
        chain->ended = true;
    } else if (chain->first && chain->fault == CHAIN_CHANGED) {
        chain->ended = renumbered(chain, record);
    }
    chain->first = false;
}

void chain_add(struct chain *chain, const struct audit_record *record)
{
    struct audit_head next;

    if (chain->ended)
        return;
    if (chain->fault) {
        seek(chain, record);
        return;
    }
    next = behind(&chain->head, record);
    if (strcmp(next.hash, record->hash) != 0) {
        breaks(chain, record);
    } else if (record->n != next.n) { /* its number alone was changed */
        fault(chain, CHAIN_CHANGED, 0);
        chain->ended = true;
    } else {
        chain->head = next;
        compare_kept(chain, &next);
    }
}

void chain_add_junk(struct chain *chain)
{
    if (chain->fault)
        return;
    fault(chain, CHAIN_CHANGED, 0);
    chain->ended = true;
}

enum chain_fault chain_end(struct chain *chain)
{
    if (chain->fault || chain->kept.n < 0 || chain->kept_seen)
        return chain->fault;
    if (chain->kept.n > chain->head.n)
        fault(chain, CHAIN_CUT, chain->kept.n);
    else if (chain->kept.n < chain->start.n)
        fault(chain, CHAIN_UNREACHED, chain->kept.n);
    else
        compare_kept(chain, &chain->start);
    return chain->fault;
}
