#include "journal/forgotten.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { DIGEST = 8 };

/* An id is hex digits; 32 of them, as text, so that a prefix can be looked
 * for, would be twice as much. What is no such id counts by its first bytes. */
static void half_of(const char *id, unsigned char half[HASH_HALF])
{
    size_t len = strlen(id);

    memset(half, 0, HASH_HALF);
    if (len == HASH_HEX - 1 && strspn(id, "0123456789abcdef") == len)
        hash_half(id, half);
    else
        memcpy(half, id, len < HASH_HALF ? len : HASH_HALF);
}

static void digest_of(const char *source, struct str raw,
                      unsigned char digest[HASH_HALF])
{
    struct hash *hash = hash_new();
    char hex[HASH_HEX];

    hash_add_part(hash, str_of(source));
    hash_add_part(hash, raw);
    hash_end(hash, hex);
    hash_half(hex, digest);
}

static struct db_value bytes_of(const unsigned char *bytes, size_t len)
{
    return db_blob((struct str){(const char *)bytes, len});
}

int forgotten_add(struct db *db, const char *id, const char *source,
                  struct str raw, struct error *error)
{
    unsigned char half[HASH_HALF], digest[HASH_HALF];
    int code;

    half_of(id, half);
    digest_of(source, raw, digest);
    code = db_run(db, STATEMENT_INSERT_FORGOTTEN,
                  DB_ROW(bytes_of(half, HASH_HALF), bytes_of(digest, DIGEST)),
                  error);
    db->forgotten = true;
    return code < 0 ? code : 0;
}

int forgotten_find(struct db *db, const char *id, const char *source,
                   struct str raw, bool *same, struct error *error)
{
    unsigned char half[HASH_HALF], digest[HASH_HALF];
    int64_t equal = 0;
    int code;

    if (!db->forgotten)
        return 0;
    half_of(id, half);
    digest_of(source, raw, digest);
    code = db_find(db, STATEMENT_FIND_FORGOTTEN,
                   DB_ROW(bytes_of(half, HASH_HALF), bytes_of(digest, DIGEST)),
                   &equal, error);
    *same = equal;
    return code;
}

static int found(struct db *db, const char *sql, struct db_row row,
                 struct error *error)
{
    sqlite3_stmt *statement = db_prepare(db, sql, row, error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    sqlite3_finalize(statement);
    return code;
}

int forgotten_begins(struct db *db, const char *prefix, struct error *error)
{
    char first[HASH_HEX], last[HASH_HEX];
    unsigned char halves[2][HASH_HALF];
    size_t len = strlen(prefix);

    if (strspn(prefix, "0123456789abcdef") != len || len >= HASH_HEX)
        return 0;
    for (size_t i = 0; i < HASH_HEX - 1; i++) {
        first[i] = i < len ? prefix[i] : '0';
        last[i] = i < len ? prefix[i] : 'f';
    }
    first[HASH_HEX - 1] = last[HASH_HEX - 1] = '\0';
    hash_half(first, halves[0]);
    hash_half(last, halves[1]);
    return found(
        db, "SELECT 1 FROM forgotten WHERE id BETWEEN ? AND ? LIMIT 1",
        DB_ROW(bytes_of(halves[0], HASH_HALF), bytes_of(halves[1], HASH_HALF)),
        error);
}

int forgotten_open(struct db *db, struct error *error)
{
    int code =
        found(db, "SELECT 1 FROM forgotten LIMIT 1", (struct db_row){0}, error);

    db->forgotten = code == 1;
    return code < 0 ? code : 0;
}
