#include "cli/control.h"

#include "base/alloc.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- getting there ------------------------------------------------------ */

/* A path that is too long for a socket goes by way of its folder. */
static int fill_address(const char *path, struct sockaddr_un *address)
{
    const char *slash = strrchr(path, '/');
    char *folder;
    int fd = -1;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) < sizeof address->sun_path) {
        memcpy(address->sun_path, path, strlen(path));
        return -1;
    }
    folder = str_copy((struct str){path, slash ? (size_t)(slash - path) : 0});
    fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s",
             fd, slash ? slash : "");
    return fd;
}

/* -1: nobody listens there. */
static int connect_to(const char *path)
{
    struct sockaddr_un address;
    int folder = fill_address(path, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address)) {
        if (errno == EACCES)
            log_line("warning: %s may not be used by you", path);
        close(fd);
        fd = -1;
    }
    if (folder >= 0)
        close(folder);
    return fd;
}

/* ---- asking ------------------------------------------------------------- */

static void put_request(struct buf *buf, const struct args *args)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '{');
    json_key(&out, "words");
    json_open(&out, '[');
    for (char **word = args->argv + 1; *word; word++)
        json_put_text(&out, *word);
    json_close(&out, ']');
    print_close(&out);
}

static bool send_request(FILE *stream, const struct args *args)
{
    struct buf buf = {0};
    bool sent;

    put_request(&buf, args);
    sent = fwrite(buf.data, 1, buf.len, stream) == buf.len && !fflush(stream);
    buf_free(&buf);
    return sent;
}

/* ---- the answer --------------------------------------------------------- */

static bool print_bytes(FILE *stream, int64_t len)
{
    enum { CHUNK = 64 * 1024 };
    struct buf buf = {0};
    bool whole = true;

    while (whole && len > 0) {
        size_t some = len < CHUNK ? (size_t)len : CHUNK;

        whole = fread(buf_room(&buf, some), 1, some, stream) == some;
        buf.len = whole ? some : 0;
        print_out(&buf);
        len -= (int64_t)some;
    }
    buf_free(&buf);
    return whole;
}

static int64_t integer_of(const struct json *object, const char *key)
{
    const struct json *value = json_member(object, key);

    return value && value->type == JSON_INT ? value->as.integer : 0;
}

static void copy_text(char *to, size_t size, const struct json *object,
                      const char *key)
{
    const struct json *value = json_member(object, key);

    if (value && value->type == JSON_TEXT)
        snprintf(to, size, "%.*s", (int)value->as.text.len,
                 value->as.text.data);
}

static void say_error(const struct json *object)
{
    struct error error = {.code = (int)integer_of(object, "code"),
                          .line = (unsigned)integer_of(object, "line"),
                          .column = (unsigned)integer_of(object, "column")};

    copy_text(error.where, sizeof error.where, object, "where");
    copy_text(error.text, sizeof error.text, object, "text");
    log_error(&error);
}

/* One part of the answer. *last: there is nothing behind it. Returns whether
 * it was whole. */
static bool take_part(FILE *stream, const struct json *part, int *status,
                      bool *last)
{
    const struct json *exit = json_member(part, "exit");
    const struct json *error = json_member(part, "error");
    const struct json *notes = json_member(part, "notes");

    if (notes && notes->type == JSON_TEXT)
        log_lines(notes->as.text);
    if (error)
        say_error(error);
    *last = exit != NULL;
    if (exit)
        *status = (int)integer_of(part, "exit");
    return print_bytes(stream, integer_of(part, "out"));
}

/* false: it breaks off. */
static bool read_answer(FILE *stream, int *status)
{
    char *line = NULL;
    size_t cap = 0;
    bool whole = true, last = false;

    while (whole && !last) {
        ssize_t len = getline(&line, &cap, stream);
        struct json_doc *doc =
            len > 0 ? json_parse((struct str){line, (size_t)len}, "", 0, NULL)
                    : NULL;

        whole = doc && take_part(stream, json_root(doc), status, &last);
        json_free(doc);
    }
    free(line);
    return whole;
}

bool control_ask(const struct args *args, const char *path, int *status)
{
    int fd = connect_to(path);
    FILE *stream = fd >= 0 ? fdopen(fd, "r+") : NULL;

    if (!stream)
        return false;
    if (!send_request(stream, args) || !read_answer(stream, status)) {
        log_line("error: the engine ended before it had answered; what was "
                 "asked may have been done: riposte ls and show tell");
        *status = EXIT_JOURNAL;
    }
    fclose(stream);
    return true;
}
