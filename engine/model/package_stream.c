#include "model/package_inner.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/*
 * Not libarchive's gzip layer: it passes over the checksum at the end, takes
 * what is behind it for nothing, and goes on into a gzip that is in a gzip.
 */
enum { BLOCK = 64 * 1024 };

struct stream {
    int fd;
    enum form form;
    z_stream inflate;
    bool ended; /* the gzip has */
    uint64_t total, filled;
    unsigned char in[BLOCK], out[BLOCK];
};

enum form form_of(int fd)
{
    unsigned char magic[2] = {0};

    if (pread(fd, magic, sizeof magic, 0) < (ssize_t)sizeof magic)
        return FORM_TAR;
    if (magic[0] == 0x1f && magic[1] == 0x8b)
        return FORM_GZIP;
    return magic[0] == 'P' && magic[1] == 'K' ? FORM_ZIP : FORM_TAR;
}

struct stream *stream_new(int fd, enum form form)
{
    enum { ONLY_GZIP = 16 };
    struct stream *stream = ALLOC(struct stream);

    stream->fd = fd;
    stream->form = form;
    if (form == FORM_GZIP &&
        inflateInit2(&stream->inflate, MAX_WBITS | ONLY_GZIP) != Z_OK)
        abort(); /* out of memory, inside zlib */
    return stream;
}

void stream_free(struct stream *stream)
{
    if (stream->form == FORM_GZIP)
        inflateEnd(&stream->inflate);
    free(stream);
}

static ssize_t read_block(struct stream *stream, void *block,
                          struct error *error)
{
    ssize_t got;

    do
        got = read(stream->fd, block, BLOCK);
    while (got < 0 && errno == EINTR);
    return got < 0 ? error_set(error, ERROR_SYSTEM, "%s", strerror(errno))
                   : got;
}

/* Returns whether there is input, or an error. */
static int fill(struct stream *stream, struct error *error)
{
    ssize_t got;

    if (stream->inflate.avail_in)
        return 1;
    got = read_block(stream, stream->in, error);
    if (got < 0)
        return (int)got;
    stream->inflate.next_in = stream->in;
    stream->inflate.avail_in = (uInt)got;
    return got > 0;
}

static int inflate_some(struct stream *stream, struct error *error)
{
    z_stream *z = &stream->inflate;
    int more = fill(stream, error), did;

    if (more < 0)
        return more;
    if (!more)
        return error_set(error, ERROR_INVALID, "its gzip is cut");
    did = inflate(z, Z_NO_FLUSH);
    stream->ended = did == Z_STREAM_END;
    if (did == Z_OK || stream->ended)
        return 0;
    return error_set(error, ERROR_INVALID, "its gzip is damaged: %s",
                     z->msg ? z->msg : "no end");
}

/* Nothing is behind the gzip. */
static int check_end(struct stream *stream, struct error *error)
{
    int more = fill(stream, error);

    return more <= 0 ? more
                     : error_set(error, ERROR_INVALID,
                                 "something is behind its gzip");
}

static ssize_t read_gzip(struct stream *stream, struct error *error)
{
    z_stream *z = &stream->inflate;
    int status = 0;

    z->next_out = stream->out;
    z->avail_out = BLOCK;
    while (!status && !stream->ended && z->avail_out)
        status = inflate_some(stream, error);
    if (!status && stream->ended)
        status = check_end(stream, error);
    return status ? status : BLOCK - (ssize_t)z->avail_out;
}

static void count(struct stream *stream, size_t len)
{
    for (size_t i = len; i; i--)
        if (stream->out[i - 1]) {
            stream->filled = stream->total + i;
            break;
        }
    stream->total += len;
}

ssize_t stream_read(struct stream *stream, const void **bytes,
                    struct error *error)
{
    ssize_t got = stream->form == FORM_GZIP
                      ? read_gzip(stream, error)
                      : read_block(stream, stream->out, error);

    *bytes = stream->out;
    if (got > 0)
        count(stream, (size_t)got);
    return got;
}

int64_t stream_seek(struct stream *stream, int64_t offset, int whence)
{
    return lseek(stream->fd, offset, whence);
}

uint64_t stream_total(const struct stream *stream)
{
    return stream->total;
}

uint64_t stream_filled(const struct stream *stream)
{
    return stream->filled;
}
