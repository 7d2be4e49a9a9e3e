#include "journal/write_list.h"

void list_init(struct write_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

void list_add(struct write_list *list, struct write *write)
{
    write->next = NULL;
    *list->end = write;
    list->end = &write->next;
}

struct write *list_take(struct write_list *list)
{
    struct write *write = list->first;

    if (write) {
        list->first = write->next;
        if (!list->first)
            list->end = &list->first;
    }
    return write;
}

void list_move(struct write_list *to, struct write_list *from)
{
    if (!from->first)
        return;
    *to->end = from->first;
    to->end = from->end;
    list_init(from);
}

struct write *list_last(const struct write_list *list)
{
    struct write *write = list->first;

    while (write->next)
        write = write->next;
    return write;
}

void list_free(struct write_list *list)
{
    struct write *write;

    while ((write = list_take(list)))
        write_free(write);
}
