#ifndef RIPOSTE_MODEL_SOURCE_INNER_H
#define RIPOSTE_MODEL_SOURCE_INNER_H

#include "base/error.h"
#include "model/field.h"
#include "model/regex.h"
#include "model/source.h"

/*
 * Inside of a source. source.c compiles the keys and holds the interface,
 * source_text.c and source_json.c do the two formats, source_value.c and
 * source_time.c turn what was found into fields, ids, counts and times.
 */

enum time_format { TIME_RFC3339, TIME_SYSLOG, TIME_EPOCH, TIME_EPOCH_MS };

/* Where a value that was found goes. */
enum target_kind {
    TARGET_NONE,
    TARGET_FIELD,
    TARGET_TIME,
    TARGET_COUNT,
    TARGET_ID
};
struct target {
    enum target_kind kind;
    struct str name;           /* in field_table where there is a field */
    const struct field *field; /* NULL: a field of the source's own */
};

/* One way to a value: a path or a constant, and what is cut out of it. */
struct step_to {
    struct str path;             /* empty where there is a constant */
    const struct json *constant; /* or NULL */
    struct regex *regex;         /* owned; or NULL */
};

struct mapping {
    struct target target;
    struct step_to *steps; /* owned; tried in order */
    size_t len;
};

struct mappings {
    struct mapping *items; /* owned */
    size_t len;
};

struct capture_set {
    struct regex *regex;    /* owned; or NULL */
    struct target *targets; /* owned; by group number */
};

struct pattern {
    struct capture_set captures;
    struct mappings constants;
};

/* A member of `only`: a path and the values of which it must have one. */
struct condition {
    struct str path;
    const struct json *value; /* a scalar or an array of them */
};

struct source {
    enum source_format format;
    struct json_doc *data; /* owned; every str and json below is in it */
    char *name;            /* owned */
    int64_t zone_ms;       /* east of UTC, of times without a zone */
    enum time_format *time_formats; /* owned; tried in order */
    size_t time_formats_len;
    /* detect */
    bool detect_any;
    struct regex *detect_re;         /* owned; or NULL */
    const struct json *detect_paths; /* an array of paths, or NULL */
    /* SOURCE_JSON */
    struct str time_field, id_field, count_field; /* paths; may be empty */
    bool named;
    struct mappings fields;
    struct condition *only; /* owned */
    size_t only_len;
    /* SOURCE_LINES */
    struct capture_set prefix;
    struct pattern *patterns; /* owned */
    size_t patterns_len;
};

/* What compiling needs everywhere. */
struct compiling {
    struct source *source;
    const char *where;
    struct error *error;
};

/* An error at the line of a value. Returns ERROR_INVALID. */
int source_fault(const struct compiling *compiling, const struct json *at,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Refuses members whose name is not among the known, naming the nearest. */
int source_known(const struct compiling *compiling, const struct json *table,
                 const char *what, const char *const *known, size_t count);
/* A name on the left side: a canonical field, or one of the source's own
 * (those begin in lower case, so that a misspelt canonical one is seen). */
int source_target(const struct compiling *compiling, const struct json *at,
                  struct str name, struct target *target);
int source_regex(const struct compiling *compiling, const struct json *value,
                 int flags, struct regex **regex);
int source_mappings(const struct compiling *compiling, const struct json *table,
                    bool constants_only, struct mappings *mappings);
void source_mappings_free(struct mappings *mappings);

int source_prefix(const struct compiling *compiling, const struct json *value);
int source_patterns(const struct compiling *compiling,
                    const struct json *value);
void source_text_free(struct source *source);

int source_time_formats(const struct compiling *compiling,
                        const struct json *value);
int source_zone(const struct compiling *compiling, const struct json *value);

/* One record being decoded. */
struct decoding {
    const struct source *source;
    struct alarm *alarm; /* raw is set; the rest is being filled */
    struct json *items;  /* room for every field; in alarm->doc */
    size_t len;
    int64_t now;
    struct error *error;
};

/* Gives a value to its target: converts it to what the field holds. JSON
 * null, and no text for a number, is no value. Returns 0 or negative. */
int source_put(struct decoding *decoding, const struct target *target,
               const struct json *value);
int source_put_mappings(struct decoding *decoding,
                        const struct mappings *mappings);
int source_read_time(const struct decoding *decoding, const struct json *value,
                     int64_t *ms);

/* As source_decode. */
int source_decode_text(struct decoding *decoding);
int source_decode_json(struct decoding *decoding);
bool source_text_fits(const struct source *source, struct str record);
int source_json_fits(const struct source *source, struct str record);

/* The text shortened for a message, cut between characters. */
enum { SHOWN_MAX = 60 };
struct str source_shown(struct str text);

#endif
