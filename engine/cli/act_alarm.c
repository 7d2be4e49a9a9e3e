#include "base/clock.h"
#include "cli/act.h"
#include "cli/file.h"
#include "flow/choose.h"

#include <string.h>

enum { ALARM_FILE_MAX = 64 << 20 }; /* only its first alarm is wanted */

static bool is_object(struct str text)
{
    struct json_doc *doc = json_parse(text, NULL, 0, NULL);
    bool object = doc && json_root(doc)->type == JSON_OBJECT;

    json_free(doc);
    return object;
}

/* 1: an alarm; 0: a record that the source passes over; or negative. */
static int decode(const struct source *source, const struct record *record,
                  const char *path, struct alarm **alarm, struct error *error)
{
    int status;

    if (record->refused)
        return error_at(error, ERROR_INVALID, path, record->line, 0, "%s",
                        record->refused);
    status = source_decode(source, record->bytes, clock_now(), alarm, error);
    if (status < 0)
        error_place(error, path, record->line);
    return status;
}

static int no_alarm(const struct source *source, const char *path,
                    struct error *error)
{
    return error_at(error, ERROR_INVALID, path, 0, 0,
                    "there is no alarm in it that the source %s knows",
                    source_name(source));
}

/* The first record that is an alarm to that source. */
static int first_of(const struct source *source, struct str text,
                    const char *path, struct alarm **alarm, struct error *error)
{
    struct framing *framing = framing_new(source_format(source));
    struct record record;
    int status = 0;

    framing_push(framing, text);
    while (!status && framing_next(framing, true, &record))
        status = decode(source, &record, path, alarm, error);
    framing_free(framing);
    return status ? status : no_alarm(source, path, error);
}

/* The first record that fits any source; 0 where none does. */
static int first_of_any(const struct set *set, struct str text,
                        const char *path, struct alarm **alarm,
                        struct error *error)
{
    struct choose *choose = choose_new();
    const struct source *source;
    struct record record;
    int status = 0;

    choose_push(choose, text);
    while (!status && choose_next(choose, set, true, &record, &source))
        if (source)
            status = decode(source, &record, path, alarm, error);
    choose_free(choose);
    return status;
}

/* One object that is the whole file, over several lines maybe. */
static int whole(const struct set *set, const struct source *source,
                 struct str text, const char *path, struct alarm **alarm,
                 struct error *error)
{
    const struct source *fits =
        source ? source : set_source_for(set, text, FORM_OBJECT);
    struct record record = {.bytes = text};
    int status;

    if (!fits)
        fits = set_source(set, "generic", error);
    if (!fits)
        return ERROR_INVALID;
    status = decode(fits, &record, path, alarm, error);
    return status ? status : no_alarm(fits, path, error);
}

/* source: NULL is auto. */
static int first_alarm(const struct set *set, const struct source *source,
                       struct str text, const char *path, struct alarm **alarm,
                       struct error *error)
{
    int status;

    if (is_object(str_trim(text)))
        return whole(set, source, str_trim(text), path, alarm, error);
    status = source ? 0 : first_of_any(set, text, path, alarm, error);
    if (status)
        return status;
    if (!source)
        source = set_source(set, "generic", error);
    return source ? first_of(source, text, path, alarm, error) : ERROR_INVALID;
}

int act_load_alarm(const struct set *set, const char *path, const char *name,
                   struct alarm **alarm, struct error *error)
{
    const struct source *source = NULL;
    bool stdin_read = !strcmp(path, "-");
    struct buf text = {0};
    int status = 0;

    if (strcmp(name, "auto") != 0) {
        source = set_source(set, name, error);
        status = source ? 0 : ERROR_INVALID;
    }
    if (!status)
        status = stdin_read ? file_read_stdin(ALARM_FILE_MAX, &text, error)
                            : file_read(path, ALARM_FILE_MAX, &text, error);
    if (!status)
        status = first_alarm(set, source, buf_str(&text),
                             stdin_read ? "stdin" : path, alarm, error);
    buf_free(&text);
    return status < 0 ? status : 0;
}
