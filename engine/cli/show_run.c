#include "base/clock.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/show.h"
#include "cli/story.h"

/* ---- the run's head ------------------------------------------------------ */

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

void runs_put_text(struct buf *buf, const struct journal_history_row *row)
{
    buf_printf(buf, "r%lld: ", (long long)row->run);
    runs_put_outcome(buf, row);
    buf_add_byte(buf, '\n');
    runs_put_what(buf, row);
    buf_add_byte(buf, '\n');
    if (!row->policy)
        put_params(buf, row->request);
    print_field(buf, "alarm:", row->alarm);
    print_when(buf, row->due ? "asked:" : "began:", row->started);
    print_when(buf, "ended:", row->ended);
}

/* ---- the command --------------------------------------------------------- */

static int look(struct desk *desk)
{
    struct json_out out = {.buf = &desk->out};
    struct story story = {.journal = desk->journal,
                          .buf = &desk->out,
                          .out = desk->args->json ? &out : NULL,
                          .now = clock_now()};
    unsigned step = 0;
    int64_t run = 0;
    int code;

    if (!id_number(desk->args->items[0], 'r', &run))
        id_step(desk->args->items[0], &run, &step);
    if (desk->args->json)
        out = print_begin(&desk->out, "run");
    code = story_run(&story, run, step, &desk->error);
    if (desk->args->json)
        print_close(&out);
    return code;
}

const struct desk_work show_run_work = {.look = look};
