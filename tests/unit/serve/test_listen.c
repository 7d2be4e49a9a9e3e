#include "serve/listen.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../flow/place.h"

/* A server that answers each record with itself. */
struct echo {
    uv_loop_t loop;
    struct listener *listener;
    char *path;
    bool deaf;          /* takes no record */
    bool quiet;         /* does not answer */
    unsigned refuse;    /* so many connections are turned away */
    struct buf records; /* all that came, ';' behind each */
    unsigned opened, closed, ended, drained;
    struct ucred peer;
};

struct guest {
    struct echo *echo;
    struct connection *connection;
};

static void *opened(void *arg, struct connection *connection)
{
    struct echo *echo = arg;
    struct guest *guest;

    if (echo->refuse) {
        echo->refuse--;
        return NULL;
    }
    guest = ALLOC(struct guest);
    *guest = (struct guest){echo, connection};
    echo->opened++;
    connection_peer(connection, &echo->peer);
    return guest;
}

static bool ready(void *user)
{
    return !((struct guest *)user)->echo->deaf;
}

static void record(void *user, const struct cut_record *got)
{
    const struct guest *guest = user;

    buf_printf(&guest->echo->records, "%s%.*s;", got->refused ? "!" : "",
               (int)got->bytes.len, got->bytes.data);
    if (guest->echo->quiet)
        return;
    connection_send(guest->connection, got->bytes);
    connection_send(guest->connection, str_of("\n"));
}

static void ended(void *user)
{
    const struct guest *guest = user;

    guest->echo->ended++;
    connection_finish(guest->connection);
}

static void closed(void *user)
{
    ((struct guest *)user)->echo->closed++;
    free(user);
}

static void drained(void *arg)
{
    ((struct echo *)arg)->drained++;
}

static struct listen_config config_of(struct echo *echo, unsigned connections)
{
    return (struct listen_config){
        .loop = &echo->loop,
        .name = "echo",
        .cut = cut_line,
        .record_max = 1000,
        .too_long = "too long",
        .connections_max = connections,
        .events = {.opened = opened,
                   .ready = ready,
                   .record = record,
                   .ended = ended,
                   .closed = closed,
                   .arg = echo},
        .drained = drained,
    };
}

static struct echo *begin(const struct place *place, unsigned connections)
{
    struct echo *echo = ALLOC(struct echo);
    struct listen_config config = config_of(echo, connections);
    struct error error = {0};

    uv_loop_init(&echo->loop);
    echo->path = alloc_printf("%s/socket", place->path);
    if (listen_unix(&echo->listener, &config, echo->path, 0600, &error))
        fail_msg("%s", error.text);
    return echo;
}

static void end(struct echo *echo)
{
    listener_close(echo->listener);
    uv_run(&echo->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&echo->loop), 0);
    assert_int_equal(echo->opened, echo->closed);
    buf_free(&echo->records);
    free(echo->path);
    free(echo);
}

static int dial(const struct echo *echo)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, echo->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Turns until that many bytes are there, or the end. */
static void hear(struct echo *echo, int fd, const char *want)
{
    struct buf got = {0};

    while (got.len < strlen(want)) {
        char *room = buf_room(&got, 4096);
        ssize_t len;

        uv_run(&echo->loop, UV_RUN_NOWAIT);
        len = recv(fd, room, 4096, MSG_DONTWAIT);
        assert_true(len != 0);
        got.len += len > 0 ? (size_t)len : 0;
    }
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.data, want, got.len);
    buf_free(&got);
}

static void until(struct echo *echo, const unsigned *count, unsigned want)
{
    while (*count < want)
        uv_run(&echo->loop, UV_RUN_ONCE);
}

static void have(struct echo *echo, const char *records)
{
    assert_int_equal(echo->records.len, strlen(records));
    assert_memory_equal(echo->records.data, records, echo->records.len);
}

/* ---- the tests --------------------------------------------------------- */

static void records_are_answered(void **state)
{
    const struct place *place = *state;
    struct echo *echo = begin(place, 4);
    int fd = dial(echo);

    say(fd, "one\ntwo\nthr");
    hear(echo, fd, "one\ntwo\n");
    say(fd, "ee\nlast");
    shutdown(fd, SHUT_WR);
    hear(echo, fd, "three\nlast\n");
    until(echo, &echo->closed, 1);
    assert_int_equal(echo->ended, 1);
    assert_int_equal(echo->peer.uid, getuid());
    assert_int_equal(echo->peer.pid, getpid());
    close(fd);
    end(echo);
}

static void a_sender_that_goes_early_has_sent_what_it_has(void **state)
{
    struct echo *echo = begin(*state, 4);
    int fd = dial(echo);

    say(fd, "one\ntwo");
    close(fd);
    until(echo, &echo->closed, 1);
    have(echo, "one;two;");
    end(echo);
}

static void what_is_not_taken_waits(void **state)
{
    struct echo *echo = begin(*state, 4);
    int fd = dial(echo);

    echo->deaf = true;
    say(fd, "one\ntwo\n");
    shutdown(fd, SHUT_WR);
    until(echo, &echo->opened, 1);
    for (int i = 0; i < 20; i++)
        uv_run(&echo->loop, UV_RUN_NOWAIT);
    have(echo, "");
    assert_int_equal(echo->ended, 0);
    echo->deaf = false;
    listener_resume(echo->listener);
    hear(echo, fd, "one\ntwo\n");
    until(echo, &echo->closed, 1);
    close(fd);
    end(echo);
}

/* The kernel's buffer and ours hold some; then nothing is read. */
static void who_does_not_read_is_not_read_from(void **state)
{
    struct echo *echo = begin(*state, 4);
    int fd = dial(echo);
    char line[500];
    size_t sent = 0;
    ssize_t len = 0;

    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int idle = 0; idle < 50; idle++) {
        len = send(fd, line, sizeof line, MSG_DONTWAIT);
        if (len > 0) {
            assert_int_equal(len, sizeof line);
            sent += sizeof line;
            idle = 0;
        }
        uv_run(&echo->loop, UV_RUN_NOWAIT);
        assert_true(sent < 16 * LISTEN_UNSENT_MAX);
    }
    assert_true(sent >= LISTEN_UNSENT_MAX);
    assert_true(echo->records.len <
                2 * LISTEN_UNSENT_MAX + 4 * LISTEN_CHUNK + 1024 * 1024);
    close(fd);
    until(echo, &echo->closed, 1);
    end(echo);
}

static void the_next_one_waits_where_too_many_are_connected(void **state)
{
    struct echo *echo = begin(*state, 2);
    int one = dial(echo), two = dial(echo), three = dial(echo);

    say(one, "a\n");
    say(three, "c\n");
    until(echo, &echo->opened, 2);
    for (int i = 0; i < 20; i++)
        uv_run(&echo->loop, UV_RUN_NOWAIT);
    assert_int_equal(echo->opened, 2);
    close(two);
    until(echo, &echo->opened, 3);
    hear(echo, three, "c\n");
    close(one);
    close(three);
    until(echo, &echo->closed, 3);
    end(echo);
}

static void one_that_is_turned_away_is_closed(void **state)
{
    struct echo *echo = begin(*state, 2);
    int fd = dial(echo), next = dial(echo);
    char byte;

    echo->refuse = 1;
    until(echo, &echo->opened, 1);
    assert_int_equal(read(fd, &byte, 1), 0);
    say(next, "x\n");
    hear(echo, next, "x\n");
    close(fd);
    close(next);
    until(echo, &echo->closed, 1);
    end(echo);
}

static void a_long_record_is_refused_and_the_next_is_read(void **state)
{
    struct echo *echo = begin(*state, 2);
    int fd = dial(echo);
    char *text = alloc_printf("%1001d\n%1000d\n", 7, 8);
    char *want = alloc_printf("!%1001d;%1000d;", 7, 8);

    echo->quiet = true;
    say(fd, text);
    close(fd);
    until(echo, &echo->closed, 1);
    have(echo, want);
    free(text);
    free(want);
    end(echo);
}

static void drained_it_reads_no_more_and_sends_what_it_has(void **state)
{
    struct echo *echo = begin(*state, 4);
    int fd = dial(echo), mute;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char byte;

    say(fd, "one\n");
    hear(echo, fd, "one\n");
    listener_drain(echo->listener);
    say(fd, "two\n");
    until(echo, &echo->drained, 1);
    have(echo, "one;");
    assert_true(listener_idle(echo->listener));
    assert_true(read(fd, &byte, 1) <= 0);
    assert_int_equal(access(echo->path, F_OK), -1);
    mute = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, echo->path);
    assert_int_equal(connect(mute, (struct sockaddr *)&address, sizeof address),
                     -1);
    close(mute);
    close(fd);
    end(echo);
}

static void closed_with_connections_nothing_is_left(void **state)
{
    struct echo *echo = begin(*state, 4);
    int one = dial(echo), two = dial(echo);

    say(one, "half");
    until(echo, &echo->opened, 2);
    uv_run(&echo->loop, UV_RUN_NOWAIT);
    end(echo);
    close(one);
    close(two);
}

/* ---- the path ---------------------------------------------------------- */

static int open_at(const char *path, struct error *error)
{
    struct echo *echo = ALLOC(struct echo);
    struct listen_config config = config_of(echo, 1);
    int err;

    uv_loop_init(&echo->loop);
    echo->path = alloc_text(path);
    err = listen_unix(&echo->listener, &config, path, 0640, error);
    if (!err) {
        struct stat info;

        assert_int_equal(lstat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0640);
        end(echo);
        return 0;
    }
    uv_run(&echo->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&echo->loop), 0);
    free(echo->path);
    free(echo);
    return err;
}

static void only_a_socket_that_was_left_is_replaced(void **state)
{
    const struct place *place = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *path = alloc_printf("%s/socket", place->path);
    struct error error = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(open_at(path, &error), ERROR_BUSY);
    close(fd);
    assert_int_equal(open_at(path, &error), 0);
    place_file(place, "socket", "text");
    assert_int_equal(open_at(path, &error), ERROR_INVALID);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(open_at(path, &error), ERROR_INVALID);
    assert_int_equal(unlink(path), 0);
    free(path);
    path = alloc_printf("%s/none/socket", place->path);
    assert_int_equal(open_at(path, &error), ERROR_SYSTEM);
    free(path);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    const struct place *place = *state;
    const struct sockaddr_un *none = NULL;
    char path[sizeof none->sun_path + 1];
    struct error error = {0};
    char *longest;

    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(open_at(path, &error), ERROR_INVALID);
    longest = alloc_printf("%s/", place->path);
    assert_true(strlen(longest) < sizeof none->sun_path - 1);
    memcpy(path, longest, strlen(longest));
    path[sizeof none->sun_path - 1] = '\0';
    assert_int_equal(open_at(path, &error), 0);
    free(longest);
}

/* Whoever put another one there keeps it. */
static void another_socket_at_the_path_is_not_removed(void **state)
{
    struct echo *echo = begin(*state, 1);
    char *path = alloc_text(echo->path);

    assert_int_equal(unlink(path), 0);
    place_file(*state, "socket", "theirs");
    end(echo);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    free(path);
}

static void tcp_is_the_same(void **state)
{
    struct echo *echo = ALLOC(struct echo);
    struct listen_config config = config_of(echo, 2);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    struct error error = {0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other;

    (void)state;
    /* A free port, asked for and given back. */
    other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(other, (struct sockaddr *)&address, len), 0);
    getsockname(other, (struct sockaddr *)&address, &len);
    close(other);
    uv_loop_init(&echo->loop);
    if (listen_tcp(&echo->listener, &config, (struct sockaddr *)&address,
                   &error))
        fail_msg("%s", error.text);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    say(fd, "one\n");
    hear(echo, fd, "one\n");
    close(fd);
    until(echo, &echo->closed, 1);
    end(echo);
}

static int setup(void **state)
{
    struct place *place = ALLOC(struct place);

    place_make(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    place_remove(*state);
    free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_are_answered),
        TEST(a_sender_that_goes_early_has_sent_what_it_has),
        TEST(what_is_not_taken_waits),
        TEST(who_does_not_read_is_not_read_from),
        TEST(the_next_one_waits_where_too_many_are_connected),
        TEST(one_that_is_turned_away_is_closed),
        TEST(a_long_record_is_refused_and_the_next_is_read),
        TEST(drained_it_reads_no_more_and_sends_what_it_has),
        TEST(closed_with_connections_nothing_is_left),
        TEST(only_a_socket_that_was_left_is_replaced),
        TEST(a_path_that_is_too_long_is_refused),
        TEST(another_socket_at_the_path_is_not_removed),
        TEST(tcp_is_the_same),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
