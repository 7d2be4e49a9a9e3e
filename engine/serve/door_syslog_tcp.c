#include "serve/door_stream.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/feed.h"

#include <stdlib.h>

struct door {
    struct door_stream stream;
};

/* One connection. */
struct sender {
    struct door *door;
    struct connection *connection;
    struct feed *feed; /* owned */
};

static void *opened(void *arg, struct connection *connection)
{
    struct door *door = arg;
    const struct intake_entry *entry = door->stream.config.entry;
    struct sender *sender = ALLOC(struct sender);
    struct error error = {0};

    sender->door = door;
    sender->connection = connection;
    if (!feed_open(&sender->feed,
                   &(struct feed_config){.flow = door->stream.config.flow,
                                         .where = entry->name,
                                         .source = entry->source,
                                         .fresh = true},
                   &error))
        return sender;
    log_error(&error); /* a reload took the source away */
    free(sender);
    return NULL;
}

static bool ready(void *user)
{
    return flow_ready(((struct sender *)user)->door->stream.config.flow);
}

static void record(void *user, const struct cut_record *message)
{
    struct feed *feed = ((struct sender *)user)->feed;

    if (message->refused)
        feed_refuse(feed, message->bytes, message->refused);
    else
        feed_offer_syslog(feed, message->bytes);
}

static void ended(void *user)
{
    connection_finish(((struct sender *)user)->connection);
}

static void closed(void *user)
{
    struct sender *sender = user;

    feed_close(sender->feed);
    free(sender);
}

static int open_tcp(void **door, const struct door_config *config,
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
    listening = door_listening(&new->stream, cut_syslog, &events);
    err = listen_tcp(&new->stream.listener, &listening,
                     (const struct sockaddr *)&config->entry->address, error);
    if (err)
        free(new);
    else
        *door = new;
    return err;
}

static bool idle_tcp(const void *door)
{
    (void)door; /* nobody waits for an answer */
    return true;
}

const struct door_kind door_syslog_tcp = {
    .open = open_tcp,
    .resume = door_resume,
    .drain = door_drain,
    .idle = idle_tcp,
    .close = door_close,
    .free = free,
};
