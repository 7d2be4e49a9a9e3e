#include "model/package_inner.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/*
 * The container is written here: libarchive's gzip layer writes no file name
 * and its tar layer puts a slash behind folders, and LogRhythm's packager does
 * the one and not the other.
 */

#define BIN "Plugin/bin"
#define CONFIG "Plugin/config"
#define MANIFEST CONFIG "/actions.xml"
#define OVERLAY CONFIG "/riposte.xml"

enum { BLOCK = 512 }; /* of a tar */

/* POSIX.1-1988 (ustar): numbers are octal text with a NUL behind. */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type,
        link[100], magic[6], version[2], user[32], group[32], major[8],
        minor[8], prefix[155], blank[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct writing {
    const char *from;
    int64_t time;
    struct buf tar; /* owned */
};

static void put_text(char *field, size_t size, struct str text)
{
    memcpy(field, text.data, text.len < size ? text.len : size);
}

static void put_octal(char *field, size_t size, uint64_t value)
{
    field[size - 1] = '\0';
    for (size_t i = size - 1; i--; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

/* A name of more than 100 bytes is split at a slash. */
static int put_name(const struct writing *writing, struct header *header,
                    const char *name, struct error *error)
{
    size_t len = strlen(name);
    const char *slash = name;

    if (len > sizeof header->name) {
        slash = strchr(name + len - sizeof header->name - 1, '/');
        if (!slash || slash - name > (ptrdiff_t)sizeof header->prefix)
            return error_at(error, ERROR_LIMIT, writing->from, 0, 0,
                            "\"%s\" is too long a name for a tar", name);
        put_text(header->prefix, sizeof header->prefix,
                 (struct str){name, (size_t)(slash - name)});
        slash++;
    }
    put_text(header->name, sizeof header->name, str_of(slash));
    return 0;
}

static void put_sum(struct header *header)
{
    unsigned char bytes[BLOCK];
    unsigned sum = 0;

    memset(header->sum, ' ', sizeof header->sum);
    memcpy(bytes, header, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        sum += bytes[i];
    put_octal(header->sum, sizeof header->sum - 1, sum);
}

static void pad(struct buf *tar)
{
    static const char zeros[BLOCK];

    if (tar->len % BLOCK)
        buf_add(tar, zeros, BLOCK - tar->len % BLOCK);
}

/* body NULL: a folder. */
static int add_member(struct writing *writing, const char *name, unsigned mode,
                      const struct str *body, struct error *error)
{
    struct header header = {
        .type = body ? '0' : '5', .magic = "ustar", .version = {'0', '0'}};
    int status = put_name(writing, &header, name, error);

    if (status)
        return status;
    put_octal(header.mode, sizeof header.mode, mode);
    put_octal(header.uid, sizeof header.uid, 0);
    put_octal(header.gid, sizeof header.gid, 0);
    put_octal(header.size, sizeof header.size, body ? body->len : 0);
    put_octal(header.mtime, sizeof header.mtime, (uint64_t)writing->time);
    put_octal(header.major, sizeof header.major, 0);
    put_octal(header.minor, sizeof header.minor, 0);
    put_sum(&header);
    buf_add(&writing->tar, &header, sizeof header);
    if (body)
        buf_add_str(&writing->tar, *body);
    pad(&writing->tar);
    return 0;
}

static int add_entry(void *arg, const struct walk_entry *entry,
                     struct error *error)
{
    struct writing *writing = arg;
    struct buf body = {0};
    struct str bytes;
    char *name;
    int status = entry->folder ? 0 : walk_read(entry, &body, error);

    if (status)
        return status;
    bytes = buf_str(&body);
    name = alloc_printf(BIN "/%s", entry->name);
    status = add_member(writing, name,
                        entry->folder || entry->executable ? 0755 : 0644,
                        entry->folder ? NULL : &bytes, error);
    free(name);
    buf_free(&body);
    return status;
}

static int add_all(struct writing *writing, struct str overlay,
                   struct str manifest, struct error *error)
{
    static const char end[2 * BLOCK];
    int status = add_member(writing, "Plugin", 0755, NULL, error);

    if (!status)
        status = add_member(writing, BIN, 0755, NULL, error);
    if (!status)
        status = walk_folder(writing->from, BIN "/", add_entry, writing, error);
    if (!status)
        status = add_member(writing, CONFIG, 0755, NULL, error);
    if (!status)
        status = add_member(writing, MANIFEST, 0644, &manifest, error);
    if (!status && overlay.len)
        status = add_member(writing, OVERLAY, 0644, &overlay, error);
    buf_add(&writing->tar, end, sizeof end);
    return status;
}

/* ---- gzip -------------------------------------------------------------- */

static int compress_tar(struct str tar, const char *name, const char *from,
                        struct buf *out, struct error *error)
{
    enum { WITH_GZIP = 16, MEMORY = 8, NTFS = 11 };
    char *copy = alloc_text(name);
    /* As the vendor's: the name, no time, made on Windows. */
    gz_header header = {.name = (Bytef *)copy, .os = NTFS};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)tar.data,
                       .avail_in = (uInt)tar.len};
    size_t room;

    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                     MAX_WBITS | WITH_GZIP, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK ||
        deflateSetHeader(&stream, &header) != Z_OK)
        abort(); /* out of memory, inside zlib */
    room = deflateBound(&stream, (uLong)tar.len);
    stream.next_out = (Bytef *)buf_room(out, room);
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort(); /* the bound was none */
    out->len += (size_t)stream.total_out;
    deflateEnd(&stream);
    free(copy);
    if (out->len > PACKAGE_PACKED_MAX)
        return error_at(error, ERROR_LIMIT, from, 0, 0,
                        "packed it has more than %d MiB",
                        PACKAGE_PACKED_MAX >> 20);
    return 0;
}

/* ---- identity ---------------------------------------------------------- */

/* A Guid for a plugin that has none: of its name and its manifest, so that it
 * is the same wherever that is packed (RFC 9562, version 8). */
static char *derived_guid(const struct package_source *source)
{
    struct hash *hash = hash_new();
    struct buf manifest = {0};
    char hex[HASH_HEX];

    package_manifest(source->manifest, NULL, &manifest);
    hash_add_part(hash, str_of(source->plugin->name));
    hash_add_part(hash, buf_str(&manifest));
    hash_end(hash, hex);
    buf_free(&manifest);
    return alloc_printf("%.8s-%.4s-8%.3s-%c%.3s-%.12s", hex, hex + 8, hex + 13,
                        "89ab"[hex[16] & 3], hex + 17, hex + 20);
}

/* It becomes part of a file's name, and may be anything. */
static char *safe_guid(const char *guid)
{
    enum { LONGEST = 64 }; /* a Guid has 36 */
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t len = strlen(guid);
    char *safe = alloc_copy(guid, len < LONGEST ? len : LONGEST);

    for (char *c = safe; *c; c++)
        if (!strchr(plain, *c))
            *c = '_';
    return safe;
}

static char *base_name(const char *guid, int64_t seconds)
{
    char *safe = safe_guid(guid), *name;
    char time[CLOCK_TEXT];

    clock_format(seconds * 1000, time);
    name = alloc_printf("ARPlugin_%s_%.4s%.2s%.2s", safe, time, time + 5,
                        time + 8);
    free(safe);
    return name;
}

static int newest(void *arg, const struct walk_entry *entry,
                  struct error *error)
{
    int64_t *time = arg;

    (void)error;
    if (!entry->folder && entry->mtime > *time)
        *time = entry->mtime;
    return 0;
}

/* The midnight that a package's files are dated with. What is imported keeps
 * it, so that packed again it is dated the same. */
static int find_time(const struct package_source *source, int64_t *time,
                     struct error *error)
{
    enum { DAY = 86400 };
    /* What a year of four digits and a tar's number hold. */
    static const int64_t last = 8589934591;
    int status = 0;

    *time = source->time;
    if (*time < 0) {
        *time = 0;
        status =
            walk_folder(source->plugin->folder, BIN "/", newest, time, error);
    }
    if (*time > last)
        *time = last;
    *time -= *time % DAY;
    return status;
}

static int pack(const struct package_source *source, struct writing *writing,
                struct package *package, struct error *error)
{
    struct buf manifest = {0};
    char *base = base_name(package->guid, writing->time);
    char *inner = alloc_printf("%s.tar", base);
    int status;

    package->name = alloc_printf("%s.lpi", base);
    package_manifest(source->manifest, package->guid, &manifest);
    status = add_all(writing, source->overlay, buf_str(&manifest), error);
    if (!status)
        status = compress_tar(buf_str(&writing->tar), inner, writing->from,
                              &package->bytes, error);
    buf_free(&manifest);
    free(inner);
    free(base);
    return status;
}

int package_pack(const struct package_source *source, struct package *package,
                 struct error *error)
{
    struct writing writing = {.from = source->plugin->folder};
    int status = find_time(source, &writing.time, error);

    *package = (struct package){.guid_added = !source->plugin->guid};
    package->guid = source->plugin->guid ? alloc_text(source->plugin->guid)
                                         : derived_guid(source);
    if (!status)
        status = pack(source, &writing, package, error);
    buf_free(&writing.tar);
    if (status)
        package_free(package);
    return status;
}

void package_free(struct package *package)
{
    buf_free(&package->bytes);
    free(package->guid);
    free(package->name);
    *package = (struct package){0};
}
