#include "cli/trail.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The file's lines, whatever their number, with one of them in memory. */
struct lines {
    int fd;
    const char *path;
    struct buf buf;
    size_t at; /* what is taken of it */
    bool ended;
};

static int fill(struct lines *lines, struct error *error)
{
    enum { PIECE = 64 * 1024 };
    ssize_t got;

    buf_consume(&lines->buf, lines->at);
    lines->at = 0;
    do
        got = read(lines->fd, buf_room(&lines->buf, PIECE), PIECE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_at(error, ERROR_SYSTEM, lines->path, 0, 0, "%s",
                        strerror(errno));
    lines->buf.len += (size_t)got;
    lines->ended = !got;
    return 0;
}

/* 1: a line with its LF; 2: what stands behind the last LF, or is too long
 * for a record; 0: no more. */
static int next_line(struct lines *lines, struct str *line, struct error *error)
{
    size_t seen = 0; /* bytes of it that hold no LF */

    for (;;) {
        size_t left = lines->buf.len - lines->at;
        const char *data = lines->buf.data ? lines->buf.data + lines->at : "";
        const char *end = memchr(data + seen, '\n', left - seen);
        size_t len = end ? (size_t)(end - data) : left;

        *line = (struct str){data, len};
        if (end || len > AUDIT_LINE_MAX || lines->ended) {
            lines->at += end ? len + 1 : len;
            return end ? 1 : len ? 2 : 0;
        }
        seen = left;
        if (fill(lines, error))
            return error->code;
    }
}

static int read_start(struct lines *lines, const struct audit_head *kept,
                      struct chain *chain, char id[AUDIT_ID_MAX],
                      struct error *error)
{
    struct audit_head start;
    struct str line;
    int code = next_line(lines, &line, error);

    if (code < 0)
        return code;
    if (code != 1 || !audit_take_start(line, id, &start))
        return error_at(error, ERROR_INVALID, lines->path, 1, 0,
                        "this is not how an export begins, "
                        "{\"journal\":ID,\"n\":N,\"hash\":HASH}: it is none, "
                        "or its first line was changed");
    chain_begin(chain, &start, kept);
    return 0;
}

static int read_records(struct lines *lines, struct chain *chain, int64_t *line,
                        struct error *error)
{
    struct audit_line record;
    struct str text;
    int code;

    *line = 0;
    for (int64_t number = 2; (code = next_line(lines, &text, error)) > 0;
         number++) {
        if (code == 1 && audit_take_record(text, &record))
            chain_add(chain, &record.record);
        else
            chain_add_junk(chain);
        if (chain->fault && !*line)
            *line = number;
        if (chain->ended)
            return 0;
    }
    return code;
}

int trail_read_file(const char *path, const struct audit_head *kept,
                    struct chain *chain, char id[AUDIT_ID_MAX], int64_t *line,
                    struct error *error)
{
    bool standard = !strcmp(path, "-");
    struct lines lines = {.path = path};
    int code;

    lines.fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    /* Not "no such id": whoever asks with a path has the command wrong. */
    if (lines.fd < 0)
        return error_at(error, ERROR_INVALID, path, 0, 0, "%s",
                        strerror(errno));
    code = read_start(&lines, kept, chain, id, error);
    if (!code)
        code = read_records(&lines, chain, line, error);
    if (!standard)
        close(lines.fd);
    buf_free(&lines.buf);
    return code < 0 ? code : 0;
}
