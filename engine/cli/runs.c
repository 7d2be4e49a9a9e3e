#include "cli/runs.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/settings.h"

#include <stdio.h>
#include <unistd.h>

int runs_open(struct held *held, const struct args *args, struct error *error)
{
    struct settings *settings;
    int status;

    if (access(args->site, F_OK))
        return error_at(error, ERROR_INVALID, args->site, 0, 0,
                        "there is no such folder");
    settings = site_settings(args->site);
    status = held_open(held, settings->state, error);
    settings_free(settings);
    return status;
}

const char *runs_outcome(const struct journal_history_row *row)
{
    return row->outcome              ? row->outcome
           : row->due && !row->begun ? "waiting"
                                     : "open";
}

void runs_put_outcome(struct buf *buf, const struct journal_history_row *row)
{
    char due[CLOCK_TEXT];

    buf_add_text(buf, runs_outcome(row));
    if (row->due) {
        clock_format(row->due, due);
        buf_printf(buf, ", %s %s", row->outcome ? "was due at" : "due at", due);
    }
    if (row->error) {
        buf_add_text(buf, ": ");
        print_text(buf, row->error);
    }
}

/* What a manual run asks, or NULL; json_free ends it. */
static struct json_doc *request_of(const struct journal_history_row *row)
{
    return row->request.len ? json_parse(row->request, "journal", 0, NULL)
                            : NULL;
}

static struct str text_of(const struct json_doc *doc, const char *key)
{
    const struct json *value = doc ? json_member(json_root(doc), key) : NULL;

    return value && value->type == JSON_TEXT ? value->as.text : str_of("?");
}

static void put_why(struct buf *buf, const struct journal_history_row *row)
{
    buf_add_text(buf, row->cause ? row->cause : "by hand");
    if (row->cause && row->lease)
        buf_printf(buf, " of l%lld", (long long)row->lease);
}

void runs_put_what(struct buf *buf, const struct journal_history_row *row)
{
    struct json_doc *doc;

    if (row->policy) {
        buf_add_text(buf, "policy ");
        print_text(buf, row->policy);
        return;
    }
    doc = request_of(row);
    put_why(buf, row);
    if (doc) {
        buf_add_text(buf, ": ");
        print_safe(buf, text_of(doc, "plugin"));
        buf_add_text(buf, " / ");
        print_safe(buf, text_of(doc, "action"));
    }
    json_free(doc);
}

static void put_request(struct json_out *out, const struct json_doc *doc)
{
    static const char *const keys[] = {"plugin", "action", "params"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *value = json_member(json_root(doc), keys[i]);

        json_key(out, keys[i]);
        if (value)
            json_put_value(out, value);
        else
            json_put_null(out);
    }
}

static void put_cause(struct json_out *out,
                      const struct journal_history_row *row)
{
    char lease[32];

    if (!row->cause)
        return;
    snprintf(lease, sizeof lease, "l%lld", (long long)row->lease);
    json_text(out, "cause", row->cause);
    json_text(out, "lease", row->lease ? lease : NULL);
}

void runs_put_json(struct json_out *out, const struct journal_history_row *row)
{
    char run[32];
    struct json_doc *doc = request_of(row);

    snprintf(run, sizeof run, "r%lld", (long long)row->run);
    json_text(out, "run", run);
    json_text(out, "alarm", row->alarm);
    json_text(out, "policy", row->policy);
    put_cause(out, row);
    json_text(out, "outcome", runs_outcome(row));
    json_text(out, "error", row->error);
    print_time(out, "started", row->started);
    print_time(out, "ended", row->ended);
    print_time(out, "due", row->due);
    if (doc)
        put_request(out, doc);
    json_free(doc);
}
