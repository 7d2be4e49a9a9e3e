#ifndef RIPOSTE_MODEL_SOURCE_INNER_H
#define RIPOSTE_MODEL_SOURCE_INNER_H

#include "base/error.h"
#include "model/field.h"
#include "model/regex.h"
#include "model/source.h"

/*
 * Inside of a source. source.c holds the interface, source_keys.c compiles
 * the keys. source_text.c makes alarms of lines by patterns, source_record.c
 * of records by paths (source_mapping.c); source_cef.c and source_leef.c make
 * such records of lines. source_value.c, source_time.c and source_pattern.c
 * turn what was found into fields, ids, counts and times.
 */

/* `format` of the data file. */
enum source_kind { KIND_LINES, KIND_JSON, KIND_CEF, KIND_LEEF };

enum time_format {
    TIME_RFC3339,
    TIME_SYSLOG,
    TIME_EPOCH,
    TIME_EPOCH_MS,
    TIME_CEF
};

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

/* One way to a value: a path or a constant, what is cut out of it, and what
 * that means. */
struct step_to {
    struct str path;             /* empty where there is a constant */
    const struct json *constant; /* or NULL */
    struct regex *regex;         /* owned; or NULL */
    const struct json *map;      /* what values stand for, or NULL */
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
    enum source_kind kind;
    struct json_doc *data; /* owned; every str and json below is in it */
    char *name;            /* owned */
    bool dates;            /* its time counts, also from a socket */
    int64_t zone_ms;       /* east of UTC, of times without a zone */
    enum time_format *time_formats; /* owned; tried in order */
    size_t time_formats_len;
    /* detect */
    bool detect_any;
    struct regex *detect_re;         /* owned; or NULL */
    const struct json *detect_paths; /* an array of paths, or NULL */
    /* all but KIND_LINES */
    /* Each a path, a list of paths of which the first counts that leads to
     * something, or NULL. */
    const struct json *time_fields, *id_fields, *count_fields;
    struct str time_pattern_field; /* a path; may be empty */
    bool first;                    /* of a list its first item */
    const struct json *absent;     /* values that say "none", or NULL */
    bool named;
    struct mappings fields;
    struct condition *only; /* owned */
    size_t only_len;
    /* KIND_LINES */
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

/* Compiles every key of the data file. Returns 0 or ERROR_INVALID. */
int source_keys(const struct compiling *compiling, const struct json *data);
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
/* A time as the record's pattern or the source's time_format has it. */
int source_time_of(const struct decoding *decoding, const struct json *value,
                   int64_t *ms);
/* The same, and the reason where it is none. */
int source_read_time(const struct decoding *decoding, const struct json *value,
                     int64_t *ms);

/* As source_decode. */
int source_decode_text(struct decoding *decoding);
int source_decode_record(struct decoding *decoding);
bool source_text_fits(const struct source *source, struct str record);
int source_record_fits(const struct source *source, struct str record);

/* Whether a value from outside is the one of the data file. */
bool source_same(const struct json *a, const struct json *b);
/* JSON null, or a value that the source says is none. */
bool source_absent(const struct source *source, const struct json *value);
/* What a path leads to, as the source takes it: NULL where it is absent. */
const struct json *source_find(const struct source *source,
                               const struct json *record, struct str path);

/* What stands before a CEF or LEEF record in a syslog stream or file. */
struct syslog {
    struct str time, host; /* empty where they are not given */
    struct str message;    /* what is behind the mark */
    /* The mark stands where a syslog daemon writes what whoever logs calls
     * himself and says: behind a tag, or as the tag. */
    bool anyones;
};

/* Takes the header off: none at all, RFC 3164's or RFC 5424's, also without
 * what RFC 5424 has between host and message. False where the message does
 * not begin with the mark ("CEF:"): the mark anywhere else in a line is
 * somebody's text. */
bool source_syslog(struct str line, const char *mark, struct syslog *syslog);

/* A line as a record for paths (docs/sources.md shows it), or NULL and the
 * reason. */
struct json_doc *source_parse_cef(struct str line, struct error *error);
struct json_doc *source_parse_leef(struct str line, struct error *error);

/* Named texts on their way to become an object. */
struct pairs {
    struct json *items; /* owned */
    size_t len, cap;
};
/* ERROR_LIMIT beyond JSON_MEMBERS_MAX of them. The texts are not copied. */
int source_pair(struct pairs *pairs, struct str key, struct str value,
                struct error *error);
/* Frees the pairs; the object is in doc. */
struct json source_object(struct json_doc *doc, const char *key,
                          struct pairs *pairs);
/* What both formats ask of a line before they look at it. */
int source_line(struct str line, struct error *error);
/* ERROR_INVALID, naming the name that is there twice. */
int source_once(const struct pairs *pairs, struct error *error);
/* Makes the document's root of the syslog header and other objects. */
void source_root(struct json_doc *doc, const struct syslog *syslog,
                 const struct json *objects, size_t count);

/* A time by a pattern of Java's SimpleDateFormat; without a year as
 * clock_recent has it. ERROR_INVALID where the text is not so, or the pattern
 * has a letter that is not supported. */
int source_pattern_time(struct str pattern, struct str text, int64_t zone_ms,
                        int64_t now, int64_t *ms);

/* The text shortened for a message, cut between characters. */
enum { SHOWN_MAX = 60 };
struct str source_shown(struct str text);

#endif
