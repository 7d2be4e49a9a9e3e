#include "gate/lane.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

/* What a ticket waits for, in this order; tickets never wait for an earlier
 * one while they hold a later one, so they cannot wait for each other. */
enum stage { AT_TARGET, AT_ACTION, AT_TOTAL, READY, INSIDE };

struct queue {
    struct ticket *head, *tail;
};

struct lane {
    struct str key; /* the table's */
    unsigned capacity, used;
    size_t refs; /* tickets that hold it or will */
    struct queue queue;
};

struct lanes {
    struct table *table; /* owned, with its lanes: targets and actions */
    struct lane total;
    struct queue ready; /* hold everything, wait for their call */
    bool calling;
    size_t inside, waiting;
    struct buf key;
};

static void push(struct queue *queue, struct ticket *ticket)
{
    ticket->prev = queue->tail;
    ticket->next = NULL;
    if (queue->tail)
        queue->tail->next = ticket;
    else
        queue->head = ticket;
    queue->tail = ticket;
}

static void cut(struct queue *queue, struct ticket *ticket)
{
    if (ticket->prev)
        ticket->prev->next = ticket->next;
    else
        queue->head = ticket->next;
    if (ticket->next)
        ticket->next->prev = ticket->prev;
    else
        queue->tail = ticket->prev;
}

struct lanes *lanes_new(unsigned total)
{
    struct lanes *lanes = ALLOC(struct lanes);

    lanes->table = table_new();
    lanes->total.capacity = total ? total : LANES_TOTAL;
    return lanes;
}

void lanes_free(struct lanes *lanes)
{
    assert(!lanes->inside && !lanes->waiting);
    assert(!table_count(lanes->table));
    table_free(lanes->table);
    buf_free(&lanes->key);
    free(lanes);
}

size_t lanes_inside(const struct lanes *lanes)
{
    return lanes->inside;
}

size_t lanes_waiting(const struct lanes *lanes)
{
    return lanes->waiting;
}

/* By kind, plugin and name: the names outlive a reload, actions do not. NUL
 * parts them, which no name of a manifest can hold. */
static struct lane *lane_of(struct lanes *lanes, char kind,
                            const struct plugin *plugin, struct str name,
                            unsigned capacity)
{
    struct lane *lane;

    lanes->key.len = 0;
    buf_add_byte(&lanes->key, kind);
    buf_add_text(&lanes->key, plugin->name);
    buf_add_byte(&lanes->key, '\0');
    buf_add_str(&lanes->key, name);
    lane = table_get(lanes->table, buf_str(&lanes->key));
    if (!lane) {
        lane = ALLOC(struct lane);
        lane->key = table_put(lanes->table, buf_str(&lanes->key), lane);
    }
    lane->capacity = capacity ? capacity : 1;
    lane->refs++;
    return lane;
}

static void drop(struct lanes *lanes, struct lane *lane)
{
    if (lane == &lanes->total || --lane->refs)
        return;
    assert(!lane->used && !lane->queue.head);
    table_remove(lanes->table, lane->key);
    free(lane);
}

/* Takes one place after the other, until one has to be waited for. */
static void advance(struct lanes *lanes, struct ticket *ticket)
{
    for (; ticket->stage < READY; ticket->stage++) {
        struct lane *lane = ticket->lanes[ticket->stage];

        if (!lane)
            continue;
        if (lane->used >= lane->capacity || lane->queue.head) {
            push(&lane->queue, ticket);
            return;
        }
        lane->used++;
    }
    push(&lanes->ready, ticket);
}

/* Gives free places of a lane to those who wait for them longest. */
static void wake(struct lanes *lanes, struct lane *lane)
{
    struct ticket *ticket;

    while ((ticket = lane->queue.head) && lane->used < lane->capacity) {
        cut(&lane->queue, ticket);
        lane->used++;
        ticket->stage++;
        advance(lanes, ticket);
    }
}

/* Calls whoever is ready. Only the outermost call does, so that a thousand
 * tickets that leave as soon as they enter do not make a thousand frames. */
static void call_ready(struct lanes *lanes)
{
    struct ticket *ticket;

    if (lanes->calling)
        return;
    lanes->calling = true;
    while ((ticket = lanes->ready.head)) {
        cut(&lanes->ready, ticket);
        ticket->stage = INSIDE;
        lanes->waiting--;
        lanes->inside++;
        ticket->enter(ticket->arg);
    }
    lanes->calling = false;
}

static void name_lanes(struct lanes *lanes, struct ticket *ticket,
                       const struct action *action, const char *target)
{
    if (target)
        ticket->lanes[AT_TARGET] =
            lane_of(lanes, 't', action->plugin, str_of(target), 1);
    ticket->lanes[AT_ACTION] = lane_of(
        lanes, 'a', action->plugin, str_of(action->name), action->concurrency);
    ticket->lanes[AT_TOTAL] = &lanes->total;
}

void lane_enter(struct lanes *lanes, struct ticket *ticket,
                const struct action *action, const char *target,
                void (*enter)(void *arg), void *arg)
{
    *ticket = (struct ticket){.enter = enter, .arg = arg};
    name_lanes(lanes, ticket, action, target);
    lanes->waiting++;
    advance(lanes, ticket);
    /* A reload may have given the action more places. */
    wake(lanes, ticket->lanes[AT_ACTION]);
    call_ready(lanes);
}

void lane_hold(struct lanes *lanes, struct ticket *ticket,
               const struct action *action, const char *target)
{
    *ticket = (struct ticket){.stage = INSIDE};
    name_lanes(lanes, ticket, action, target);
    for (int i = AT_TARGET; i < READY; i++)
        if (ticket->lanes[i])
            ticket->lanes[i]->used++;
    lanes->inside++;
}

void lane_leave(struct lanes *lanes, struct ticket *ticket)
{
    int held = ticket->stage < READY ? ticket->stage : READY;

    if (ticket->stage == INSIDE)
        lanes->inside--;
    else
        lanes->waiting--;
    if (ticket->stage < READY)
        cut(&ticket->lanes[ticket->stage]->queue, ticket);
    else if (ticket->stage == READY)
        cut(&lanes->ready, ticket);
    /* The latest place first: who waits there has waited longest. */
    for (int i = held - 1; i >= 0; i--) {
        if (!ticket->lanes[i])
            continue;
        ticket->lanes[i]->used--;
        wake(lanes, ticket->lanes[i]);
    }
    for (int i = AT_TARGET; i < READY; i++)
        if (ticket->lanes[i])
            drop(lanes, ticket->lanes[i]);
    call_ready(lanes);
}
