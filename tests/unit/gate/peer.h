#ifndef RIPOSTE_TESTS_GATE_PEER_H
#define RIPOSTE_TESTS_GATE_PEER_H

#include "stand.h"

#include <sys/socket.h>

/* An executor played by the test. */

/* The other end of the socket. */
struct peer {
    int fd;
    struct buf bytes;
};

static inline int peer_make(struct peer *peer)
{
    struct hello hello = {.incarnation = 42};
    struct buf frame = {0};
    int fds[2];

    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
        0);
    *peer = (struct peer){.fd = fds[1]};
    frame_hello(&frame, &hello);
    assert_int_equal(write(peer->fd, frame.data, frame.len),
                     (ssize_t)frame.len);
    buf_free(&frame);
    return fds[0];
}

/* Runs the loop until the gate has sent a whole frame of that type. */
static inline struct str peer_frame(struct peer *peer, struct stand *stand,
                                    enum frame_type type)
{
    struct str frame;
    char bytes[4096];

    while (!frame_next(buf_str(&peer->bytes), &frame, NULL)) {
        ssize_t got = read(peer->fd, bytes, sizeof bytes);

        if (got > 0)
            buf_add(&peer->bytes, bytes, (size_t)got);
        else
            uv_run(&stand->place.loop, UV_RUN_ONCE);
    }
    assert_int_equal(frame_type(frame), type);
    return frame;
}

static inline void peer_says(struct peer *peer, const char *step,
                             enum verdict verdict)
{
    struct result result = {.step = (char *)step,
                            .verdict = verdict,
                            .out = "out",
                            .out_len = 3,
                            .err = ""};
    struct buf frame = {0};

    frame_result(&frame, &result);
    assert_int_equal(write(peer->fd, frame.data, frame.len),
                     (ssize_t)frame.len);
    buf_free(&frame);
}

static inline void peer_answers(struct peer *peer, const char *step)
{
    peer_says(peer, step, VERDICT_EXITED);
}

static inline void peer_close(struct peer *peer)
{
    close(peer->fd);
    buf_free(&peer->bytes);
}

#endif
