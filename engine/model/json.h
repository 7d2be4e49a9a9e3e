#ifndef RIPOSTE_MODEL_JSON_H
#define RIPOSTE_MODEL_JSON_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A JSON document (RFC 8259) as a read-only tree in one arena. Parsed by
 * simdjson, strictly: UTF-8, exact 64-bit integers, no number beyond a
 * double, no duplicate key, depth at most JSON_DEPTH_MAX.
 * Lua data files become such trees too (policy/data.h); those carry lines.
 */

enum {
    JSON_DEPTH_MAX = 64,     /* real alarms nest less than 10 deep */
    JSON_SIZE_MAX = 1 << 20, /* one alarm; the largest seen is 30 KiB */
    JSON_MEMBERS_MAX = 4096, /* values of one document */
};

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,  /* fits int64_t */
    JSON_UINT, /* above INT64_MAX, fits uint64_t */
    JSON_REAL,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    enum json_type type;
    unsigned line;  /* in its file, from 1; 0: not known */
    struct str key; /* its name, where the parent is an object */
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double real;
        struct str text;
        struct {
            const struct json *items; /* len of them, in document order */
            size_t len;
        } list; /* of an array or object */
    } as;
};

struct json_doc; /* owns every node and byte of one tree */

/* Parses one value; line is given to errors and to the root. Returns NULL
 * and the reason where it is refused. Reuse of parsers is inside. */
struct json_doc *json_parse(struct str text, const char *where, unsigned line,
                            struct error *error);
const struct json *json_root(const struct json_doc *doc);
void json_free(struct json_doc *doc); /* NULL is fine */

/* The member of that name, or NULL (also where it is no object). */
const struct json *json_get(const struct json *object, struct str key);
const struct json *json_member(const struct json *object, const char *key);

/* A value by its path: a key that exists literally wins; else the path is
 * split at dots, and `[n]` counts from 1. NULL where nothing is there. */
const struct json *json_path(const struct json *root, struct str path);

/* Calls each with every value that a path with `[]` (any item) reaches,
 * until it returns false. A path without `[]` reaches at most one. */
void json_each(const struct json *root, struct str path,
               bool (*each)(void *arg, const struct json *value), void *arg);

/* Building a tree by hand: memory that lives as long as doc. The builder
 * fills nodes itself and sets the root. */
struct json_doc *json_new(void);
void *json_room(struct json_doc *doc, size_t size);
struct str json_keep(struct json_doc *doc, struct str text); /* a copy */
struct json *json_root_mutable(struct json_doc *doc);

/* simdjson's version. Returns 0. */
int json_library(const char **version, struct error *error);

#endif
