#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/account.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/site.h"
#include "model/framing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A manual run of one action. */
struct acting {
    struct session session;
    bool json;
    bool answered;
    enum step_status step; /* once it is answered */
};

/* ---- the parameters -------------------------------------------------- */

static int set_param(struct request *request, const char *text,
                     struct error *error)
{
    const char *equals = strchr(text, '=');
    struct str name = str_of(text);
    const struct param *param;
    char *copy;
    size_t index;

    if (!equals)
        return error_set(error, ERROR_INVALID,
                         "-p takes NAME=VALUE, not "
                         "\"%s\"",
                         text);
    name.len = (size_t)(equals - text);
    copy = str_copy(str_trim(name));
    param = action_param(request->action, copy, error);
    free(copy);
    if (!param)
        return ERROR_INVALID;
    index = action_index(request->action, param);
    if (request->values.items[index].given)
        return error_set(error, ERROR_INVALID,
                         "parameter \"%s\" is given twice", param->name);
    values_set(&request->values, index, str_of(equals + 1));
    return 0;
}

static int set_params(struct request *request, const struct args *args,
                      struct error *error)
{
    const char **texts = args_values(args, "--param");
    int status = 0;

    for (size_t i = 0; texts[i] && !status; i++)
        status = set_param(request, texts[i], error);
    free(texts);
    return status;
}

/* ---- the alarm ------------------------------------------------------- */

enum { ALARM_FILE_MAX = 64 << 20 }; /* only its first alarm is wanted */

static bool is_object(struct str text)
{
    struct json_doc *doc = json_parse(text, NULL, 0, NULL);
    bool object = doc && json_root(doc)->type == JSON_OBJECT;

    json_free(doc);
    return object;
}

static int decode(const struct source *source, struct str record,
                  const char *path, struct alarm **alarm, struct error *error)
{
    int status = source_decode(source, record, clock_now(), alarm, error);

    if (status > 0)
        return 0;
    if (!status)
        error_set(error, ERROR_INVALID, "no alarm that the source %s knows",
                  source_name(source));
    error_place(error, path, 0);
    return ERROR_INVALID;
}

/* One object that is the whole file, over several lines maybe; else the first
 * item of an array, or the first line. */
static int first_alarm(const struct source *source, struct str text,
                       const char *path, struct alarm **alarm,
                       struct error *error)
{
    struct framing *framing;
    struct record record;
    int status;

    if (is_object(str_trim(text)))
        return decode(source, str_trim(text), path, alarm, error);
    framing = framing_new(source_format(source));
    framing_push(framing, text);
    if (!framing_next(framing, true, &record))
        status = error_at(error, ERROR_INVALID, path, 0, 0,
                          "there is no alarm in it");
    else if (record.refused)
        status = error_at(error, ERROR_INVALID, path, record.line, 0, "%s",
                          record.refused);
    else
        status = decode(source, record.bytes, path, alarm, error);
    framing_free(framing);
    return status;
}

static int load_alarm(const struct set *set, const char *path,
                      struct alarm **alarm, struct error *error)
{
    const struct source *source = set_source(set, "generic", error);
    struct buf text = {0};
    int status = source ? 0 : ERROR_INVALID;

    if (!status)
        status = file_read(path, ALARM_FILE_MAX, &text, error);
    if (!status)
        status = first_alarm(source, buf_str(&text), path, alarm, error);
    buf_free(&text);
    return status;
}

/* ---- what came of it ------------------------------------------------- */

/* Each line by itself, so that only the line ends get through. */
static void put_output(struct buf *buf, const char *name, const char *data,
                       size_t len, bool truncated)
{
    struct str left = {data, len};

    if (!len)
        return;
    buf_printf(buf, "%s:\n", name);
    while (left.len) {
        const char *end = memchr(left.data, '\n', left.len);
        size_t line = end ? (size_t)(end - left.data) : left.len;

        buf_add_text(buf, "  ");
        print_safe(buf, (struct str){left.data, line});
        buf_add_byte(buf, '\n');
        line += end ? 1 : 0;
        left.data += line;
        left.len -= line;
    }
    if (truncated)
        buf_add_text(buf, "  … (the rest was not kept)\n");
}

static void print_step(const struct flow_step *step)
{
    const struct answer *answer = step->answer;
    struct buf buf = {0};
    size_t begin;

    if (step->argv) {
        buf_add_text(&buf, "argv:   ");
        print_argv(&buf, step->argv);
        buf_add_byte(&buf, '\n');
    }
    buf_add_text(&buf, "status: ");
    account_status(&buf, answer->status, print_colours(STDOUT_FILENO));
    begin = buf.len;
    account_ending(&buf, answer);
    if (buf.len > begin) {
        buf.len = begin;
        buf_add_text(&buf, ", ");
        account_ending(&buf, answer);
    }
    if (answer->error && answer->status != STEP_DRY) {
        buf_add_text(&buf, ": ");
        print_text(&buf, answer->error);
    }
    buf_printf(&buf, "\ntime:   %.3f s\n", answer->seconds);
    put_output(&buf, "stdout", answer->out, answer->out_len,
               answer->out_truncated);
    put_output(&buf, "stderr", answer->err, answer->err_len,
               answer->err_truncated);
    print_out(&buf);
    buf_free(&buf);
}

static void on_step(void *arg, const struct flow_step *step)
{
    struct acting *acting = arg;

    acting->answered = true;
    acting->step = step->answer->status;
    if (step->request->action->unavailable && acting->step == STEP_DRY)
        log_line("warning: it is unavailable here: %s",
                 step->request->action->unavailable);
    if (acting->json)
        report_step_json(step);
    else
        print_step(step);
}

static void check_end(void *arg)
{
    struct acting *acting = arg;

    if (flow_idle(engine_flow(acting->session.engine)))
        session_end(&acting->session);
}

static void on_run(void *arg, const struct flow_run *run)
{
    (void)run;
    check_end(arg);
}

static void on_refused(void *arg, const char *where, unsigned line,
                       const char *reason)
{
    (void)arg;
    log_line("error: %s:%u: %s", where, line, reason);
}

static void fatal(void *arg, int status, const struct error *error)
{
    struct acting *acting = arg;

    session_fail(&acting->session, status, error);
}

/* ---- the command ----------------------------------------------------- */

static int exit_status(const struct acting *acting)
{
    if (acting->session.status)
        return acting->session.status;
    return acting->answered &&
                   (acting->step == STEP_EXECUTED || acting->step == STEP_DRY)
               ? EXIT_WELL
               : EXIT_FAILED_RUN;
}

/* Takes the request. */
static int act_engine(const struct args *args, struct set *set,
                      struct request *request, struct alarm *alarm)
{
    bool dry = args_has(args, "--dry-run");
    struct acting acting = {.json = args->json};
    struct engine_config config = {
        .set = set,
        .mode = dry ? GATE_SHOW : GATE_LIVE,
        .volatile_journal = dry,
        .fd = args->fd,
        .events = {.step = on_step,
                   .run = on_run,
                   .refused = on_refused,
                   .changed = check_end,
                   .arg = &acting},
        .fatal = fatal,
    };
    int status;

    acting.session.on_interrupt = check_end;
    acting.session.arg = &acting;
    status = session_open(&acting.session, &config);
    if (status) {
        request_free(request);
        return status;
    }
    flow_act(engine_flow(acting.session.engine), request, alarm);
    session_run(&acting.session);
    status = exit_status(&acting);
    session_close(&acting.session);
    return status;
}

static int act_action(const struct args *args, struct set *set,
                      const struct action *action)
{
    struct request *request = request_new(REQUEST_ACTION);
    const char *path = args_value(args, "--alarm");
    struct alarm *alarm = NULL;
    struct error error = {0};
    int status;

    request->action = action;
    request->values = values_new(action);
    status = set_params(request, args, &error);
    if (!status && path)
        status = load_alarm(set, path, &alarm, &error);
    if (status) {
        log_error(&error);
        request_free(request);
        return EXIT_USAGE;
    }
    status = act_engine(args, set, request, alarm);
    alarm_unref(alarm);
    return status;
}

static int run(const struct args *args)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    const struct plugin *plugin;
    const struct action *action = NULL;
    struct error error;
    int status;

    if (!set)
        return EXIT_USAGE;
    plugin = catalogue_plugin(&set->catalogue, args->items[0], &error);
    if (plugin)
        action = plugin_action(plugin, args->items[1], &error);
    if (action) {
        status = act_action(args, set, action);
    } else {
        log_error(&error);
        status = EXIT_NO_SUCH;
    }
    set_unref(set);
    return status;
}

static const char *executor(const struct args *args)
{
    return args_has(args, "--dry-run") ? NULL : "run";
}

static const struct option options[] = {
    {"--param", "-p", "NAME=VALUE",
     "a parameter, by its name or the slug of it", true},
    {"--alarm", NULL, "FILE",
     "what is left out comes from the file's first alarm (JSON)", false},
    {"--dry-run", NULL, NULL, "start nothing, show the command line", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_act = {
    .name = "act",
    .arguments = "\"PLUGIN\" \"ACTION\"",
    .summary = "Run one plugin action by hand",
    .detail =
        "Prints the exact command line, then what came of it. Exit status 1 "
        "where it was\nnot Executed, 3 where there is no such plugin or "
        "action.\n\n"
        "Example:\n"
        "  riposte act \"Host Firewall\" \"Block address\" "
        "-p address=192.0.2.7 --dry-run\n",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
    .executor = executor,
};
