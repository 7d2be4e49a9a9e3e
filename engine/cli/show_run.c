#include "base/clock.h"
#include "cli/account.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

struct showing {
    struct buf buf; /* owned; printed once the journal is free again */
    struct json_out out;
    bool json;
};

/* ---- the run ------------------------------------------------------------ */

static void put_param(struct buf *buf, const struct json *param)
{
    const struct json *secret =
        param->type == JSON_OBJECT ? json_member(param, "secret") : NULL;

    buf_add_text(buf, "  ");
    print_safe(buf, param->key);
    buf_add_text(buf, " = ");
    if (secret && secret->type == JSON_TEXT) {
        buf_add_text(buf, "secret:");
        print_safe(buf, secret->as.text);
    } else if (param->type == JSON_TEXT) {
        print_word(buf, param->as.text);
    } else {
        buf_add_text(buf, "(bytes)");
    }
    buf_add_byte(buf, '\n');
}

static void put_params(struct buf *buf, struct str request)
{
    struct json_doc *doc =
        request.len ? json_parse(request, "journal", 0, NULL) : NULL;
    const struct json *params =
        doc ? json_member(json_root(doc), "params") : NULL;

    for (size_t i = 0;
         params && params->type == JSON_OBJECT && i < params->as.list.len; i++)
        put_param(buf, &params->as.list.items[i]);
    json_free(doc);
}

static void put_line(struct buf *buf, const char *label, const char *text)
{
    if (!text)
        return;
    buf_printf(buf, "%-9s", label);
    print_text(buf, text);
    buf_add_byte(buf, '\n');
}

static void put_time(struct buf *buf, const char *label, int64_t time)
{
    char text[CLOCK_TEXT];

    if (!time)
        return;
    clock_format(time, text);
    put_line(buf, label, text);
}

static void put_run(struct buf *buf, const struct journal_history_row *row)
{
    buf_printf(buf, "r%lld: ", (long long)row->run);
    runs_put_outcome(buf, row);
    buf_add_byte(buf, '\n');
    runs_put_what(buf, row);
    buf_add_byte(buf, '\n');
    if (!row->policy)
        put_params(buf, row->request);
    put_line(buf, "alarm:", row->alarm);
    put_time(buf, row->due ? "asked:" : "began:", row->started);
    put_time(buf, "ended:", row->ended);
}

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct showing *showing = arg;

    if (showing->json)
        runs_put_json(&showing->out, row);
    else
        put_run(&showing->buf, row);
    return 0;
}

/* ---- its steps ---------------------------------------------------------- */

static void step_json(struct json_out *out, const struct journal_step_row *row,
                      const struct answer *answer)
{
    json_open(out, '{');
    json_int(out, "step", row->step);
    json_key(out, "request");
    json_put_raw(out, row->request);
    json_key(out, "argv");
    if (row->argv.len)
        json_put_raw(out, row->argv);
    else
        json_put_null(out);
    if (answer)
        answer_put(answer, out);
    else
        json_text(out, "status", step_status_names[STEP_PENDING]);
    json_close(out, '}');
}

static void put_words(struct buf *buf, struct str argv)
{
    struct json_doc *doc = json_parse(argv, "journal", 0, NULL);
    const struct json *words = doc ? json_root(doc) : NULL;

    for (size_t i = 0;
         words && words->type == JSON_ARRAY && i < words->as.list.len; i++) {
        const struct json *word = &words->as.list.items[i];

        buf_add_byte(buf, ' ');
        if (word->type == JSON_TEXT)
            print_word(buf, word->as.text);
        else
            buf_add_text(buf, "(bytes)");
    }
    json_free(doc);
}

static void step_text(struct buf *buf, const struct journal_step_row *row,
                      const struct answer *answer)
{
    struct buf ending = {0};

    buf_printf(buf, "step %u:", row->step);
    if (row->argv.len) {
        put_words(buf, row->argv);
    } else {
        buf_add_byte(buf, ' ');
        print_safe(buf, row->request);
    }
    buf_add_text(buf, "\n  ");
    account_status(buf, answer ? answer->status : STEP_PENDING, false);
    if (answer)
        account_ending(&ending, answer);
    if (ending.len) {
        buf_add_text(buf, ", ");
        buf_add_str(buf, buf_str(&ending));
    }
    buf_free(&ending);
    if (answer && answer->error) {
        buf_add_text(buf, ": ");
        print_text(buf, answer->error);
    }
    buf_add_byte(buf, '\n');
}

static int on_step(void *arg, const struct journal_step_row *row)
{
    struct showing *showing = arg;
    struct error error;
    struct answer *answer =
        row->answer.len ? answer_read(row->answer, &error) : NULL;

    if (row->answer.len && !answer)
        return error.code;
    if (showing->json)
        step_json(&showing->out, row, answer);
    else
        step_text(&showing->buf, row, answer);
    answer_free(answer);
    return 0;
}

/* ---- the command -------------------------------------------------------- */

static int read_all(struct showing *showing, struct journal *journal,
                    int64_t run, struct error *error)
{
    int status = journal_read_run(journal, run, on_run, showing, error);

    if (!status && showing->json) {
        json_key(&showing->out, "steps");
        json_open(&showing->out, '[');
    }
    if (!status)
        status = journal_read_steps(journal, run, on_step, showing, error);
    if (!status && showing->json)
        json_close(&showing->out, ']');
    return status;
}

static void print_it(struct showing *showing)
{
    if (showing->json)
        print_end(&showing->out);
    else
        print_out(&showing->buf);
}

int show_run(const struct args *args)
{
    struct showing showing = {.json = args->json};
    struct error error = {0};
    struct held held;
    int64_t run = 0;
    int status = runs_open(&held, args, &error);

    runs_number(args->items[0], &run);
    if (!status) {
        if (args->json)
            showing.out = print_begin(&showing.buf, "run");
        status = read_all(&showing, held.journal, run, &error);
        held_close(&held);
    }
    if (!status)
        print_it(&showing);
    buf_free(&showing.buf);
    return status ? site_error(&error) : EXIT_WELL;
}
