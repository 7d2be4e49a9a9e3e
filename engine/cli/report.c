#include "cli/report.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/table.h"
#include "cli/account.h"
#include "cli/print.h"
#include "gate/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where they are kept in quarantine.ndjson, a flood of refused records need
 * not push everything else off the terminal. */
enum { REFUSED_SHOWN = 20 };

struct line {
    unsigned step;
    struct buf text; /* owned */
};

/* What will be printed of a run. Steps of one policy may run side by side:
 * they end in any order, and are told in that of their numbers. */
struct block {
    struct buf head;
    struct line *lines; /* owned; by step */
    size_t len, cap;
};

struct report {
    struct report_config config;
    struct table *blocks; /* run id → struct block, while the run is open */
    uint64_t begun;       /* uv_hrtime */
    uint64_t refused;
};

struct report *report_new(const struct report_config *config)
{
    struct report *report = ALLOC(struct report);

    report->config = *config;
    report->blocks = table_new();
    report->begun = uv_hrtime();
    return report;
}

static void block_free(struct block *block)
{
    for (size_t i = 0; i < block->len; i++)
        buf_free(&block->lines[i].text);
    free(block->lines);
    buf_free(&block->head);
    free(block);
}

/* A new line at the place of its step. */
static struct buf *block_line(struct block *block, unsigned step)
{
    size_t at = block->len;

    block->lines = alloc_grown(block->lines, block->len, &block->cap,
                               sizeof *block->lines);
    for (; at && block->lines[at - 1].step > step; at--)
        block->lines[at] = block->lines[at - 1];
    block->lines[at] = (struct line){.step = step};
    block->len++;
    return &block->lines[at].text;
}

/* Leaves the text of the whole block in its head. */
static struct buf *block_text(struct block *block)
{
    for (size_t i = 0; i < block->len; i++)
        buf_add_str(&block->head, buf_str(&block->lines[i].text));
    return &block->head;
}

void report_free(struct report *report)
{
    struct table_walk walk = {0};
    struct block *block;

    if (!report)
        return;
    while ((block = table_next(report->blocks, &walk, NULL)))
        block_free(block);
    table_free(report->blocks);
    free(report);
}

static void before(const struct report *report)
{
    if (report->config.before)
        report->config.before(report->config.arg);
}

/* ---- for programs ---------------------------------------------------- */

static const char *alarm_id(const struct alarm *alarm)
{
    return alarm && alarm->id[0] ? alarm->id : NULL;
}

/* Nothing where somebody asked for it. */
static void put_cause(struct json_out *out, const char *cause, int64_t lease)
{
    char text[24]; /* "l", 19 digits, NUL */

    if (!cause)
        return;
    snprintf(text, sizeof text, "l%lld", (long long)lease);
    json_text(out, "cause", cause);
    json_text(out, "lease", text);
}

void report_step_json(const struct flow_step *step)
{
    const struct action *action = step->request->action;
    struct buf buf = {0}, argv = {0};
    struct json_out out = print_begin(&buf, "step");

    if (step->argv)
        gate_argv_write(step->argv, &argv);
    json_text(&out, "run", step->run);
    json_text(&out, "alarm", step->alarm);
    json_text(&out, "policy", step->policy);
    json_text(&out, "plugin", action->plugin->name);
    json_text(&out, "action", action->name);
    json_key(&out, "argv");
    if (step->argv)
        json_put_raw(&out, buf_str(&argv));
    else
        json_put_null(&out);
    answer_put(step->answer, &out);
    if (step->answer->shared)
        json_bool(&out, "shared", true);
    if (step->replayed)
        json_bool(&out, "replayed", true);
    put_cause(&out, step->cause, step->lease);
    print_end(&out);
    buf_free(&argv);
    buf_free(&buf);
}

static void run_json(const struct flow_run *run)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "run");

    json_text(&out, "run", run->run);
    json_text(&out, "alarm", alarm_id(run->alarm));
    json_text(&out, "policy", run->policy);
    json_text(&out, "outcome", run_outcome_names[run->outcome]);
    json_text(&out, "error", run->error);
    put_cause(&out, run->cause, run->lease);
    print_end(&out);
    buf_free(&buf);
}

static void summary_json(const struct flow_counts *counts, double seconds)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "summary");

    json_int(&out, "alarms", counts->alarms);
    json_int(&out, "refused", counts->refused);
    json_int(&out, "skipped", counts->skipped);
    json_int(&out, "duplicates", counts->duplicates);
    json_int(&out, "matched", counts->matched);
    json_int(&out, "runs", counts->runs);
    json_int(&out, "steps", counts->steps);
    json_int(&out, "failed", counts->failed);
    json_int(&out, "waiting", counts->waiting);
    json_int(&out, "unknown", counts->unknown);
    json_real(&out, "seconds", seconds);
    print_end(&out);
    buf_free(&buf);
}

/* ---- events ---------------------------------------------------------- */

static struct block *block_of(struct report *report, const char *run)
{
    struct block *block = table_get(report->blocks, str_of(run));

    if (!block) {
        block = ALLOC(struct block);
        table_put(report->blocks, str_of(run), block);
    }
    return block;
}

static void on_begun(void *arg, const struct flow_run *run)
{
    struct report *report = arg;
    struct block *block;

    if (report->config.json)
        return;
    block = block_of(report, run->run);
    if (!block->head.len)
        account_head(&block->head, run, report->config.colour);
}

static void on_step(void *arg, const struct flow_step *step)
{
    struct report *report = arg;

    if (step->request->kind != REQUEST_ACTION)
        return;
    if (report->config.json) {
        before(report);
        report_step_json(step);
        return;
    }
    account_step(block_line(block_of(report, step->run), step->step), step,
                 report->config.colour);
}

static void on_run(void *arg, const struct flow_run *run)
{
    struct report *report = arg;
    struct block *block;
    struct buf *text;

    before(report);
    if (report->config.json) {
        run_json(run);
        return;
    }
    on_begun(report, run);
    block = table_remove(report->blocks, str_of(run->run));
    text = block_text(block);
    account_end(text, run, report->config.colour);
    print_out(text);
    block_free(block);
}

static void on_refused(void *arg, const char *where, unsigned line,
                       const char *reason)
{
    struct report *report = arg;
    struct error error;

    report->refused++;
    if (report->config.quarantine && report->refused > REFUSED_SHOWN)
        return;
    before(report);
    error_at(&error, ERROR_INVALID, where, line, 0, "refused: %s", reason);
    log_error(&error);
    if (report->config.quarantine && report->refused == REFUSED_SHOWN)
        log_line("further refusals are in %s only", report->config.quarantine);
}

static void on_changed(void *arg)
{
    struct report *report = arg;

    if (report->config.changed)
        report->config.changed(report->config.arg);
}

struct flow_events report_events(struct report *report)
{
    return (struct flow_events){
        .begun = on_begun,
        .step = on_step,
        .run = on_run,
        .refused = on_refused,
        .changed = on_changed,
        .arg = report,
    };
}

void *report_owner(const struct report *report)
{
    return report->config.arg;
}

void report_summary(struct report *report, const struct flow_counts *counts)
{
    double seconds = (double)(uv_hrtime() - report->begun) / 1e9;
    struct table_walk walk = {0};
    struct buf buf = {0};
    struct block *block;

    before(report);
    /* Milliseconds are as much as anybody can compare. */
    seconds = (double)(int64_t)(seconds * 1000 + 0.5) / 1000;
    if (report->config.json) {
        summary_json(counts, seconds);
        return;
    }
    while ((block = table_next(report->blocks, &walk, NULL))) {
        struct buf *text = block_text(block);

        buf_add_text(text, "  left open; it goes on under the next run or "
                           "serve\n\n");
        print_out(text);
    }
    account_summary(&buf, counts, seconds, report->config.quarantine);
    print_out(&buf);
    buf_free(&buf);
}
