#include "serve/door_stream.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/feed.h"
#include "model/json_out.h"

#include <stdlib.h>

/* One line, from when it is read until it is answered in its turn. */
struct answer_due {
    struct sender *sender;
    struct answer_due *next;
    bool known;
    struct buf text; /* the answer, once it is known */
};

/* One connection. It stays while the flow has lines of it. */
struct sender {
    struct sender *prev, *next; /* of the socket's */
    struct door *door;
    struct connection *connection;   /* NULL: it has gone */
    struct feed *feed;               /* owned */
    struct answer_due *first, *last; /* owned: in the order of the lines */
    size_t pending;                  /* how many */
    bool ended;                      /* no more lines will come */
};

struct door {
    struct door_stream stream;
    struct sender *senders; /* owned */
};

static void destroy(struct sender *sender)
{
    while (sender->first) {
        struct answer_due *due = sender->first;

        sender->first = due->next;
        buf_free(&due->text);
        free(due);
    }
    feed_close(sender->feed);
    free(sender);
}

static void free_sender(struct sender *sender)
{
    struct door *door = sender->door;

    if (sender->prev)
        sender->prev->next = sender->next;
    else
        door->senders = sender->next;
    if (sender->next)
        sender->next->prev = sender->prev;
    destroy(sender);
}

/* ---- answers ----------------------------------------------------------- */

static void put_answer(struct buf *text, enum flow_verdict verdict,
                       const char *about)
{
    struct json_out out = {.buf = text};
    bool taken = verdict == FLOW_NEW || verdict == FLOW_DUPLICATE;

    json_open(&out, '{');
    json_text(&out, taken ? "ack" : "refused", about);
    if (verdict == FLOW_DUPLICATE)
        json_bool(&out, "duplicate", true);
    json_close(&out, '}');
    buf_add_byte(text, '\n');
}

/* Sends what is known, up to the first line of which nothing is. */
static void send_known(struct sender *sender)
{
    while (sender->first && sender->first->known) {
        struct answer_due *due = sender->first;

        sender->first = due->next;
        if (!sender->first)
            sender->last = NULL;
        sender->pending--;
        if (sender->connection)
            connection_send(sender->connection, buf_str(&due->text));
        buf_free(&due->text);
        free(due);
    }
}

static void told(void *arg, enum flow_verdict verdict, const char *text)
{
    struct answer_due *due = arg;
    struct sender *sender = due->sender;

    put_answer(&due->text, verdict, text);
    due->known = true;
    if (sender->first != due)
        return;
    send_known(sender);
    if (!sender->connection) {
        if (!sender->pending)
            free_sender(sender);
    } else if (sender->ended && !sender->pending) {
        connection_finish(sender->connection);
    } else {
        connection_resume(sender->connection);
    }
}

static struct answer_due *add_due(struct sender *sender)
{
    struct answer_due *due = ALLOC(struct answer_due);

    due->sender = sender;
    if (sender->last)
        sender->last->next = due;
    else
        sender->first = due;
    sender->last = due;
    sender->pending++;
    return due;
}

/* ---- connections ------------------------------------------------------- */

static void *opened(void *arg, struct connection *connection)
{
    struct door *door = arg;
    const struct intake_entry *entry = door->stream.config.entry;
    struct sender *sender = ALLOC(struct sender);
    struct error error = {0};

    sender->door = door;
    sender->connection = connection;
    sender->next = door->senders;
    if (sender->next)
        sender->next->prev = sender;
    door->senders = sender;
    if (!feed_open(&sender->feed,
                   &(struct feed_config){.flow = door->stream.config.flow,
                                         .where = entry->name,
                                         .source = entry->source},
                   &error))
        return sender;
    log_error(&error); /* a reload took the source away */
    free_sender(sender);
    return NULL;
}

static bool ready(void *user)
{
    const struct sender *sender = user;

    return sender->pending < DOOR_PENDING_MAX &&
           flow_ready(sender->door->stream.config.flow);
}

static void record(void *user, const struct cut_record *line)
{
    struct sender *sender = user;
    struct answer_due *due = add_due(sender);

    if (!line->refused) {
        feed_offer(sender->feed, line->bytes, told, due);
        return;
    }
    feed_refuse(sender->feed, line->bytes, line->refused);
    told(due, FLOW_REFUSED, line->refused);
}

static void ended(void *user)
{
    struct sender *sender = user;

    sender->ended = true;
    if (!sender->pending)
        connection_finish(sender->connection);
}

static void closed(void *user)
{
    struct sender *sender = user;

    sender->connection = NULL;
    if (!sender->pending)
        free_sender(sender);
}

/* ---- its life ---------------------------------------------------------- */

static int open_unix(void **door, const struct door_config *config,
                     struct error *error)
{
    static const struct listen_events events = {.opened = opened,
                                                .ready = ready,
                                                .record = record,
                                                .ended = ended,
                                                .closed = closed};
    struct door *new = ALLOC(struct door);
    struct listen_config listening;
    int err;

    new->stream.config = *config;
    listening = door_listening(&new->stream, cut_line, &events);
    err = listen_unix(&new->stream.listener, &listening, config->entry->path,
                      config->entry->mode, error);
    if (err)
        free(new);
    else
        *door = new;
    return err;
}

static bool idle_unix(const void *door)
{
    return !((const struct door *)door)->senders;
}

/* Where the journal failed, nobody was told, and lines are left. */
static void free_unix(void *arg)
{
    struct door *door = arg;

    while (door->senders) {
        struct sender *sender = door->senders;

        door->senders = sender->next;
        destroy(sender);
    }
    free(door);
}

const struct door_kind door_unix = {
    .open = open_unix,
    .resume = door_resume,
    .drain = door_drain,
    .idle = idle_unix,
    .close = door_close,
    .free = free_unix,
};
