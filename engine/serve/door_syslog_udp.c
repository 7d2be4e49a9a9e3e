#include "serve/door.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/feed.h"
#include "serve/bind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Datagrams wait in the kernel while the flow is busy; what does not fit there
 * is lost, and counted by the kernel.
 */
struct door {
    struct door_config config;
    struct feed *feed; /* owned */
    int fd;
    uv_poll_t poll;
    uv_timer_t say;
    bool draining;
    uint32_t lost, said; /* datagrams, as the kernel counts; wraps */
    char datagram[DOOR_DATAGRAM_MAX];
};

/* ---- what was lost ----------------------------------------------------- */

static void say_lost(struct door *door)
{
    uint32_t more = door->lost - door->said;

    if (more)
        log_line("%s: %u datagrams were lost: they came faster than they are "
                 "taken",
                 door->config.entry->name, more);
    door->said = door->lost;
}

static void on_say(uv_timer_t *timer)
{
    say_lost(timer->data);
}

static void note_lost(struct door *door, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
         c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
            memcpy(&door->lost, CMSG_DATA(c), sizeof door->lost);
    if (door->lost != door->said && !uv_is_active((uv_handle_t *)&door->say))
        uv_timer_start(&door->say, on_say, DOOR_SAY_MS, 0);
}

/* ---- datagrams --------------------------------------------------------- */

/* False where there is none. */
static bool receive(struct door *door)
{
    char control[CMSG_SPACE(sizeof(uint32_t))];
    struct iovec bytes = {door->datagram, sizeof door->datagram};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(door->fd, &message, MSG_DONTWAIT);

    if (got < 0)
        return errno == EINTR;
    note_lost(door, &message);
    if (got)
        feed_offer_syslog(door->feed,
                          (struct str){door->datagram, (size_t)got});
    return true;
}

static void update(struct door *door);

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct door *door = handle->data;
    bool more = true;

    (void)status, (void)events; /* receiving says the same */
    for (int i = 0;
         i < DOOR_DATAGRAMS_A_TURN && more && flow_ready(door->config.flow);
         i++)
        more = receive(door);
    update(door);
}

static void update(struct door *door)
{
    if (!door->draining && flow_ready(door->config.flow))
        uv_poll_start(&door->poll, UV_READABLE, on_readable);
    else
        uv_poll_stop(&door->poll);
}

/* ---- its life ---------------------------------------------------------- */

static int open_udp(void **door, const struct door_config *config,
                    struct error *error)
{
    const struct intake_entry *entry = config->entry;
    struct door *new = ALLOC(struct door);
    int wanted = DOOR_RECEIVE_BYTES, on = 1, err;

    new->config = *config;
    new->fd = bind_inet(SOCK_DGRAM, (const struct sockaddr *)&entry->address,
                        entry->name, error);
    err = new->fd < 0 ? new->fd : 0;
    if (!err)
        err = feed_open(&new->feed,
                        &(struct feed_config){.flow = config->flow,
                                              .where = entry->name,
                                              .source = entry->source,
                                              .fresh = true},
                        error);
    if (err) {
        if (new->fd >= 0)
            close(new->fd);
        free(new);
        return err;
    }
    setsockopt(new->fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
    setsockopt(new->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    uv_poll_init(config->loop, &new->poll, new->fd);
    uv_timer_init(config->loop, &new->say);
    new->poll.data = new;
    new->say.data = new;
    update(new);
    *door = new;
    return 0;
}

static void resume_udp(void *door)
{
    update(door);
}

/* What waits in the kernel was not taken yet, and is lost. */
static void drain_udp(void *arg)
{
    struct door *door = arg;

    door->draining = true;
    update(door);
}

static bool idle_udp(const void *door)
{
    (void)door; /* nobody waits for an answer */
    return true;
}

static void on_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;

    close(door->fd);
}

static void close_udp(void *arg)
{
    struct door *door = arg;

    say_lost(door);
    uv_close((uv_handle_t *)&door->say, NULL);
    uv_close((uv_handle_t *)&door->poll, on_closed);
}

static void free_udp(void *arg)
{
    struct door *door = arg;

    feed_close(door->feed);
    free(door);
}

const struct door_kind door_syslog_udp = {
    .open = open_udp,
    .resume = resume_udp,
    .drain = drain_udp,
    .idle = idle_udp,
    .close = close_udp,
    .free = free_udp,
};
