#ifndef RIPOSTE_MODEL_ALARM_H
#define RIPOSTE_MODEL_ALARM_H

#include "base/hash.h"
#include "model/json.h"

#include <stdint.h>

/*
 * One security alarm. Read-only once its source has made it, reference
 * counted (main thread only).
 */
struct alarm {
    char id[HASH_HEX]; /* see alarm_identify */
    char *source;      /* owned: the source's name */
    char *own_id;      /* owned: the id that its sender gave it, or NULL */
    int64_t time;      /* ms since 1970 */
    int64_t count;     /* how many events it stands for, at least 1 */
    char *raw;         /* owned: the record's bytes, as they came */
    size_t raw_len;
    struct json_doc *doc;      /* owned: fields and, for JSON, the record */
    const struct json *fields; /* object: canonical names; in doc */
    const struct json *record; /* the decoded record, or NULL for text */
    struct json id_field; /* AlarmId where the fields have none: own_id, else
                             id */
    unsigned refs;
};

struct alarm *alarm_ref(struct alarm *alarm);
void alarm_unref(struct alarm *alarm); /* NULL is fine */

/* A field by its SmartResponse name (AlarmId falls back to the alarm's own
 * id), else by its path in the record. NULL: absent or JSON null. */
const struct json *alarm_get(const struct alarm *alarm, struct str name);

/* A scalar as the text that a plugin is given: integers in decimal, reals in
 * their shortest form, booleans true or false; an object or array as compact
 * JSON. The result belongs to the caller. */
char *alarm_text(const struct json *value, size_t *len);

/* Fills alarm->id: SHA-256 over the source and the sender's id where there
 * is one; else over the source, the digest of the input's first record, the
 * record's byte offset in the input, and its bytes. */
void alarm_identify(struct alarm *alarm, const char *input_digest,
                    uint64_t offset);

#endif
