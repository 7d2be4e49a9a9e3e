#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/choose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK = 256 * 1024, /* bytes read at once */
    NAME_COLUMN = 18,   /* the longest of the 54 names has 16 */
};

/* Decodes a file's records and says what came of each; nothing is kept. */
struct testing {
    const struct set *set;
    const char *path; /* as it is named to people */
    bool json;
    int64_t limit;               /* alarms shown; the rest are counted */
    const struct source *source; /* NULL: auto has not chosen yet */
    struct choose *choose;       /* owned, until then */
    struct framing *framing;     /* owned, from then on */
    int64_t alarms, refused, skipped;
};

/* ---- what is said ----------------------------------------------------- */

static void put_place(struct json_out *out, const struct testing *testing,
                      unsigned line)
{
    json_text(out, "file", testing->path);
    json_int(out, "line", line);
}

static void alarm_json(const struct testing *testing, const struct alarm *alarm,
                       unsigned line)
{
    const struct json *fields = alarm->fields;
    char time[CLOCK_TEXT];
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "alarm");

    clock_format(alarm->time, time);
    put_place(&out, testing, line);
    json_text(&out, "source", alarm->source);
    json_text(&out, "id", alarm->id);
    json_text(&out, "own_id", alarm->own_id);
    json_text(&out, "time", time);
    json_int(&out, "count", alarm->count);
    json_key(&out, "fields");
    json_put_value(&out, fields);
    json_key(&out, "from");
    json_open(&out, '{');
    for (size_t i = 0; i < fields->as.list.len; i++) {
        struct str name = fields->as.list.items[i].key;
        struct str path = source_origin(testing->source, alarm, name);

        json_key_str(&out, name);
        if (path.len)
            json_put_str(&out, path);
        else
            json_put_null(&out);
    }
    json_close(&out, '}');
    print_end(&out);
    buf_free(&buf);
}

static void put_column(struct buf *buf, struct str text)
{
    size_t begin = buf->len;

    buf_add_text(buf, "  ");
    print_safe(buf, text);
    do
        buf_add_byte(buf, ' ');
    while (buf->len - begin < NAME_COLUMN + 2);
}

static void put_field(struct buf *buf, const struct testing *testing,
                      const struct alarm *alarm, const struct json *field)
{
    struct str path = source_origin(testing->source, alarm, field->key);
    size_t len;
    char *text = alarm_text(field, &len);

    put_column(buf, field->key);
    print_word(buf, (struct str){text, len});
    if (path.len) {
        buf_add_text(buf, "  <- ");
        print_safe(buf, path);
    }
    buf_add_byte(buf, '\n');
    free(text);
}

static void alarm_text_block(const struct testing *testing,
                             const struct alarm *alarm, unsigned line)
{
    char time[CLOCK_TEXT];
    struct buf buf = {0};

    clock_format(alarm->time, time);
    print_text(&buf, testing->path);
    buf_printf(&buf, ":%u: %s, ", line, time);
    print_count(&buf, alarm->count, "event", "events");
    buf_printf(&buf, ", id %.12s", alarm->id);
    if (alarm->own_id) {
        buf_add_text(&buf, " of ");
        print_word(&buf, str_of(alarm->own_id));
    }
    buf_add_byte(&buf, '\n');
    for (size_t i = 0; i < alarm->fields->as.list.len; i++)
        put_field(&buf, testing, alarm, &alarm->fields->as.list.items[i]);
    buf_add_byte(&buf, '\n');
    print_out(&buf);
    buf_free(&buf);
}

static void refuse(struct testing *testing, unsigned line, const char *reason)
{
    struct buf buf = {0};

    testing->refused++;
    if (testing->json) {
        struct json_out out = print_begin(&buf, "refused");

        put_place(&out, testing, line);
        json_text(&out, "reason", reason);
        print_end(&out);
    } else {
        print_text(&buf, testing->path);
        buf_printf(&buf, ":%u: refused: ", line);
        print_text(&buf, reason);
        buf_add_text(&buf, "\n\n");
        print_out(&buf);
    }
    buf_free(&buf);
}

static void put_sums(const struct testing *testing)
{
    struct buf buf = {0};

    if (testing->json) {
        struct json_out out = print_begin(&buf, "summary");

        json_text(&out, "source",
                  testing->source ? source_name(testing->source) : NULL);
        json_int(&out, "alarms", testing->alarms);
        json_int(&out, "refused", testing->refused);
        json_int(&out, "skipped", testing->skipped);
        print_end(&out);
    } else {
        print_count(&buf, testing->alarms, "alarm", "alarms");
        buf_printf(&buf, ", %lld refused, %lld skipped\n",
                   (long long)testing->refused, (long long)testing->skipped);
        print_out(&buf);
    }
    buf_free(&buf);
}

/* ---- records ---------------------------------------------------------- */

static void show(struct testing *testing, struct alarm *alarm,
                 const struct record *record)
{
    if (testing->alarms++ >= testing->limit)
        return;
    alarm_identify(alarm, framing_digest(testing->framing), record->offset);
    if (testing->json)
        alarm_json(testing, alarm, record->line);
    else
        alarm_text_block(testing, alarm, record->line);
}

static void take(struct testing *testing, const struct record *record)
{
    struct alarm *alarm;
    struct error error = {0};
    int code;

    if (record->refused) {
        refuse(testing, record->line, record->refused);
        return;
    }
    if (!testing->source) {
        testing->skipped++;
        return;
    }
    code = source_decode(testing->source, record->bytes, clock_now(), &alarm,
                         &error);
    if (code < 0)
        refuse(testing, record->line, error.text);
    else if (!code)
        testing->skipped++;
    else
        show(testing, alarm, record);
    if (code > 0)
        alarm_unref(alarm);
}

static bool next(struct testing *testing, bool end, struct record *record)
{
    const struct source *source;

    if (testing->framing)
        return framing_next(testing->framing, end, record);
    if (!choose_next(testing->choose, testing->set, end, record, &source))
        return false;
    if (source) {
        testing->source = source;
        testing->framing = choose_take(testing->choose, source);
        testing->choose = NULL;
        log_line("%s is read as %s", testing->path, source_name(source));
    }
    return true;
}

static void push(struct testing *testing, struct str bytes, bool end)
{
    struct record record;

    if (testing->framing)
        framing_push(testing->framing, bytes);
    else
        choose_push(testing->choose, bytes);
    while (next(testing, end, &record))
        take(testing, &record);
}

static int read_all(struct testing *testing, int fd, struct error *error)
{
    char *chunk = alloc_bytes(CHUNK);
    ssize_t got;

    while ((got = read(fd, chunk, CHUNK)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            push(testing, (struct str){chunk, (size_t)got}, false);
    free(chunk);
    if (got < 0)
        return error_at(error, ERROR_INVALID, testing->path, 0, 0, "%s",
                        strerror(errno));
    push(testing, (struct str){"", 0}, true);
    if (!testing->source && testing->skipped) {
        choose_failed(testing->set, testing->path, error);
        return ERROR_INVALID;
    }
    return 0;
}

/* ---- the command ------------------------------------------------------ */

static int set_limit(struct testing *testing, const char *text)
{
    char *end;

    testing->limit = INT64_MAX;
    if (!text)
        return 0;
    errno = 0;
    testing->limit = strtoll(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno)
        return 0;
    log_line("error: --limit takes a number, not \"%s\"", text);
    return EXIT_USAGE;
}

static int test_file(struct testing *testing, const char *path)
{
    bool standard = !strcmp(path, "-");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct error error;
    int err;

    testing->path = standard ? "stdin" : path;
    if (fd < 0) {
        error_at(&error, ERROR_INVALID, path, 0, 0, "%s", strerror(errno));
        return site_error(&error);
    }
    err = read_all(testing, fd, &error);
    if (!standard)
        close(fd);
    if (err)
        return site_error(&error);
    put_sums(testing);
    return testing->refused ? EXIT_FAILED_RUN : EXIT_WELL;
}

static int test_source(struct testing *testing, const struct args *args)
{
    struct error error;
    int status = set_limit(testing, args_value(args, "--limit"));

    if (status)
        return status;
    if (!strcmp(args->items[0], "auto")) {
        testing->choose = choose_new();
    } else {
        testing->source = set_source(testing->set, args->items[0], &error);
        if (!testing->source)
            return site_error(&error);
        testing->framing = framing_new(source_format(testing->source));
    }
    status = test_file(testing, args->items[1]);
    framing_free(testing->framing);
    choose_free(testing->choose);
    return status;
}

static int run(const struct args *args)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    struct testing testing = {.set = set, .json = args->json};
    int status;

    if (!set)
        return EXIT_USAGE;
    status = test_source(&testing, args);
    set_unref(set);
    return status;
}

static const struct option options[] = {
    {"--limit", NULL, "N", "show the first N alarms; count the rest", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_source_test = {
    .name = "source test",
    .arguments = "NAME|auto FILE|-",
    .summary = "Show the alarms that a source makes of a file",
    .detail =
        "Prints each alarm's fields with the path that each came from, what "
        "was refused\nand why, and the sums. Nothing is kept and nothing runs. "
        "Exit status 1 where a\nrecord was refused, 2 where no source fits, 3 "
        "where there is none of that name.\n\n"
        "Example: riposte source test auto alerts.json --limit 3\n",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
