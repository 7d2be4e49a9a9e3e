#include "serve/door_stream.h"

#include "model/json.h"

static void drained(void *arg)
{
    const struct door_config *config = &((struct door_stream *)arg)->config;

    config->drained(config->arg);
}

struct listen_config door_listening(struct door_stream *door, cut_fn cut,
                                    const struct listen_events *events)
{
    struct listen_config config = {
        .loop = door->config.loop,
        .name = door->config.entry->name,
        .cut = cut,
        .record_max = JSON_SIZE_MAX,
        .too_long = "longer than 1 MiB",
        .connections_max = LISTEN_CONNECTIONS_MAX,
        .events = *events,
        .drained = drained,
    };

    config.events.arg = door;
    return config;
}

void door_resume(void *door)
{
    listener_resume(((struct door_stream *)door)->listener);
}

void door_drain(void *door)
{
    listener_drain(((struct door_stream *)door)->listener);
}

void door_close(void *door)
{
    listener_close(((struct door_stream *)door)->listener);
}
