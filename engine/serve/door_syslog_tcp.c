#include "serve/door.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/feed.h"
#include "serve/listen.h"

#include <stdlib.h>

struct door {
    struct door_config config;
    struct listener *listener;
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
    const struct intake_entry *entry = door->config.entry;
    struct sender *sender = ALLOC(struct sender);
    struct error error = {0};

    sender->door = door;
    sender->connection = connection;
    if (!feed_open(&sender->feed,
                   &(struct feed_config){.flow = door->config.flow,
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
    return flow_ready(((struct sender *)user)->door->config.flow);
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

static void drained(void *arg)
{
    const struct door_config *config = &((struct door *)arg)->config;

    config->drained(config->arg);
}

static int open_tcp(void **door, const struct door_config *config,
                    struct error *error)
{
    struct door *new = ALLOC(struct door);
    int err;

    new->config = *config;
    err = listen_tcp(&new->listener,
                     &(struct listen_config){
                         .loop = config->loop,
                         .name = config->entry->name,
                         .cut = cut_syslog,
                         .record_max = JSON_SIZE_MAX,
                         .too_long = "longer than 1 MiB",
                         .connections_max = LISTEN_CONNECTIONS_MAX,
                         .events = {.opened = opened,
                                    .ready = ready,
                                    .record = record,
                                    .ended = ended,
                                    .closed = closed,
                                    .arg = new},
                         .drained = drained,
                     },
                     (const struct sockaddr *)&config->entry->address, error);
    if (err)
        free(new);
    else
        *door = new;
    return err;
}

static void resume_tcp(void *door)
{
    listener_resume(((struct door *)door)->listener);
}

static void drain_tcp(void *door)
{
    listener_drain(((struct door *)door)->listener);
}

static bool idle_tcp(const void *door)
{
    (void)door; /* nobody waits for an answer */
    return true;
}

static void close_tcp(void *door)
{
    listener_close(((struct door *)door)->listener);
}

const struct door_kind door_syslog_tcp = {
    .open = open_tcp,
    .resume = resume_tcp,
    .drain = drain_tcp,
    .idle = idle_tcp,
    .close = close_tcp,
    .free = free,
};
