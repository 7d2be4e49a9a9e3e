#include "cli/act_at.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/secret_given.h"
#include "cli/session.h"
#include "gate/check.h"

#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000,
    DAY = 24 * 60 * 60 * SECOND,
    AHEAD_DAYS_MAX = 366, /* what lies further off is planned elsewhere */
};

/* ---- the time -------------------------------------------------------- */

static int bad_time(const char *text, struct error *error)
{
    return error_set(error, ERROR_INVALID,
                     "--at takes a time such as 2026-11-24T22:00:00Z, 22:00 "
                     "(UTC) or +10m, not \"%s\"",
                     text);
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* HH:MM: the next one, in UTC. */
static bool clock_time(const char *text, int64_t now, int64_t *due)
{
    static const char shape[] = "00:00";
    int64_t of_day;

    for (size_t i = 0; i < sizeof shape; i++)
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
                            : text[i] != shape[i])
            return false;
    if (clock_civil(1970, 1, 1, two_digits(text), two_digits(text + 3), 0,
                    &of_day))
        return false;
    *due = now / DAY * DAY + of_day;
    *due += *due <= now ? DAY : 0;
    return true;
}

int act_at_time(const char *text, int64_t now, int64_t *due,
                struct error *error)
{
    int64_t in = 0;

    if (*text == '+' && !clock_duration(str_of(text + 1), &in))
        *due = now + in;
    else if (!clock_time(text, now, due) && clock_parse(str_of(text), 0, due))
        return bad_time(text, error);
    if (*due <= now)
        return error_set(error, ERROR_INVALID, "--at %s is over", text);
    if (*due > now + AHEAD_DAYS_MAX * (int64_t)DAY)
        return error_set(error, ERROR_INVALID,
                         "--at %s is more than %d days ahead", text,
                         AHEAD_DAYS_MAX);
    return 0;
}

/* ---- the request ----------------------------------------------------- */

static int check_request(const struct request *request, struct error *error)
{
    const struct action *action = request->action;
    const char *rule;

    for (size_t i = 0; i < request->values.len; i++)
        if (action->params[i].encrypted && request->values.items[i].given &&
            !request->values.items[i].secret)
            return error_set(error, ERROR_INVALID,
                             "parameter \"%s\" is encrypted, and text for it "
                             "cannot be kept until later; store it with "
                             "riposte secret set NAME, and give NAME",
                             action->params[i].name);
    if (action->unavailable)
        return error_set(error, ERROR_INVALID, "it is unavailable here: %s",
                         action->unavailable);
    return check_values(action, &request->values, &rule, error);
}

/* It may be set until then, so it is not refused. */
static void warn_of_secrets(const struct set *set, const struct values *values)
{
    for (size_t i = 0; i < values->len; i++) {
        const char *name = values->items[i].secret;

        if (name && !set->settings->secret_command.len &&
            !secret_held(set, name))
            log_line("warning: no secret called %s is set here; it is looked "
                     "up when the run is due",
                     name);
    }
}

/* The time was read before anything was asked: it may be over since. */
static int prepare(const struct set *set, struct request *request,
                   const struct alarm *alarm, int64_t now, int64_t due)
{
    struct error error;
    int err = 0;

    values_take_over(&request->values, request->action, alarm);
    if (due <= now)
        err = error_set(&error, ERROR_INVALID,
                        "the time of --at went by while questions were asked");
    if (!err)
        err = check_request(request, &error);
    if (err)
        log_error(&error);
    else
        warn_of_secrets(set, &request->values);
    return err ? EXIT_USAGE : 0;
}

/* ---- the run --------------------------------------------------------- */

struct keeping {
    struct session session;
    const struct request *request;
    int64_t now, due;
    bool json;
};

static void put_json(struct buf *buf, const struct keeping *keeping,
                     const char *run, const char *due)
{
    struct json_out out = print_begin(buf, "waiting");

    json_text(&out, "run", run);
    json_text(&out, "plugin", keeping->request->action->plugin->name);
    json_text(&out, "action", keeping->request->action->name);
    json_text(&out, "due", due);
    print_end(&out);
}

static void on_run(void *arg, const struct flow_run *run)
{
    struct keeping *keeping = arg;
    /* Whole seconds: it is for people. */
    int64_t in = (keeping->due - keeping->now) / SECOND * SECOND;
    struct buf buf = {0};
    char due[CLOCK_TEXT];

    clock_format(keeping->due, due);
    if (keeping->json) {
        put_json(&buf, keeping, run->run, due);
    } else {
        buf_printf(&buf, "%s waits until %s (in ", run->run, due);
        print_duration(&buf, in);
        buf_add_text(&buf, "); riposte serve or run starts it if it is there "
                           "then\n");
        print_out(&buf);
    }
    buf_free(&buf);
    session_end(&keeping->session);
}

static void fatal(void *arg, int status, const struct error *error)
{
    struct keeping *keeping = arg;

    session_fail(&keeping->session, status, error);
}

static int keep(const struct args *args, struct set *set,
                struct request *request, int64_t now, int64_t due)
{
    struct keeping keeping = {
        .request = request, .now = now, .due = due, .json = args->json};
    struct engine_config config = {
        .set = set,
        .mode = GATE_LIVE,
        .fd = args->fd,
        .events = {.run = on_run, .arg = &keeping},
        .fatal = fatal,
    };
    int status;

    keeping.session.arg = &keeping;
    status = session_open(&keeping.session, &config);
    if (status) {
        request_free(request);
        return status;
    }
    flow_act_at(engine_flow(keeping.session.engine), request, due);
    session_run(&keeping.session);
    status = keeping.session.status;
    session_close(&keeping.session);
    return status;
}

int act_at_check(const struct set *set, const struct request *request,
                 const struct alarm *alarm, int64_t due)
{
    struct request *copy = request_new(REQUEST_ACTION);
    char when[CLOCK_TEXT];
    int status;

    copy->action = request->action;
    copy->values = values_copy(&request->values);
    status = prepare(set, copy, alarm, clock_now(), due);
    request_free(copy);
    clock_format(due, when);
    if (!status)
        log_line("it would wait until %s", when);
    return status;
}

int act_at(const struct args *args, struct set *set, struct request *request,
           const struct alarm *alarm, int64_t due)
{
    int64_t now = clock_now();
    int status = prepare(set, request, alarm, now, due);

    if (!status)
        return keep(args, set, request, now, due);
    request_free(request);
    return status;
}
