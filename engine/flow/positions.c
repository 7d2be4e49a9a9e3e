#include "flow/positions.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static bool same_file(const struct journal_position *a,
                      const struct journal_position *b)
{
    return a->inode == b->inode && a->born == b->born &&
           !strcmp(a->path, b->path) && !strcmp(a->source, b->source);
}

static void free_texts(struct journal_position *row)
{
    free((char *)row->path);
    free((char *)row->source);
    free((char *)row->digest);
    free((char *)row->chosen);
}

void positions_put(struct positions *positions,
                   const struct journal_position *row)
{
    struct journal_position copy = *row;
    size_t i = 0;

    copy.path = alloc_text(row->path);
    copy.source = alloc_text(row->source);
    copy.digest = alloc_text(row->digest);
    copy.chosen = alloc_text(row->chosen);
    while (i < positions->len && !same_file(&positions->items[i], row))
        i++;
    if (i < positions->len) {
        free_texts(&positions->items[i]);
    } else {
        positions->items = alloc_grown(positions->items, positions->len++,
                                       &positions->cap, sizeof copy);
    }
    positions->items[i] = copy;
}

static int put(void *arg, const struct journal_position *row)
{
    positions_put(arg, row);
    return 0;
}

int positions_read(struct positions *positions, struct journal *journal,
                   struct error *error)
{
    return journal_read_positions(journal, put, positions, error);
}

void positions_free(struct positions *positions)
{
    for (size_t i = 0; i < positions->len; i++)
        free_texts(&positions->items[i]);
    free(positions->items);
    *positions = (struct positions){0};
}
