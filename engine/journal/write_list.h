#ifndef RIPOSTE_JOURNAL_WRITE_LIST_H
#define RIPOSTE_JOURNAL_WRITE_LIST_H

#include "journal/write.h"

/* Writes in their order. A write is in one list, or its thread's. */
struct write_list {
    struct write *first;
    struct write **end; /* where the next one is linked */
};

void list_init(struct write_list *list);
void list_add(struct write_list *list, struct write *write);
struct write *list_take(struct write_list *list);       /* the first, or NULL */
struct write *list_last(const struct write_list *list); /* there is one */
/* All of `from` behind what `to` has. */
void list_move(struct write_list *to, struct write_list *from);
void list_free(struct write_list *list);

#endif
