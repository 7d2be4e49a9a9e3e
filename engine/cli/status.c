#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/settings.h"
#include "journal/pause.h"
#include "serve/serve.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* Numbers of flow_counts, in the order in which they are told. */
static const struct counted {
    const char *name;
    size_t at; /* in struct flow_counts */
    const char *what;
} counted[] = {
    {"alarms", offsetof(struct flow_counts, alarms), "alarms accepted"},
    {"duplicates", offsetof(struct flow_counts, duplicates), "known before"},
    {"refused", offsetof(struct flow_counts, refused), "refused"},
    {"skipped", offsetof(struct flow_counts, skipped), "skipped"},
    {"matched", offsetof(struct flow_counts, matched), "matched"},
    {"runs", offsetof(struct flow_counts, runs), "runs ended"},
    {"failed", offsetof(struct flow_counts, failed), "failed or parked"},
    {"waiting", offsetof(struct flow_counts, waiting), "waiting"},
    {"steps", offsetof(struct flow_counts, steps), "steps"},
    {"unknown", offsetof(struct flow_counts, unknown), "Unknown"},
};
enum { COUNTED = sizeof counted / sizeof *counted };

static int64_t count_of(const struct flow *flow, size_t index)
{
    const char *counts = (const char *)flow_counts(flow);

    return *(const int64_t *)(const void *)(counts + counted[index].at);
}

/* ---- for programs ------------------------------------------------------- */

static void put_problems_json(struct json_out *out,
                              const struct problems *problems)
{
    json_key(out, "problems");
    json_open(out, '[');
    for (size_t i = 0; i < problems->len; i++) {
        char *text = error_format(&problems->items[i].error);

        json_put_text(out, text);
        free(text);
    }
    json_close(out, ']');
}

static void put_json(struct desk *desk)
{
    struct json_out out = print_begin(&desk->out, "status");
    const struct set *set = flow_set(desk->flow);
    struct gate *gate = engine_gate(serve_engine(desk->serve));

    json_int(&out, "pid", getpid());
    print_time(&out, "since", serve_since(desk->serve));
    json_bool(&out, "stopping", serve_draining(desk->serve));
    json_text(&out, "set", set->hash);
    json_int(&out, "policies", (int64_t)set->npolicies);
    json_int(&out, "plugins", (int64_t)set->catalogue.len);
    put_problems_json(&out, serve_refused(desk->serve));
    print_time(&out, "paused", gate_paused(gate));
    print_time(&out, "full", flow_full_since(desk->flow));
    for (size_t i = 0; i < COUNTED; i++)
        json_int(&out, counted[i].name, count_of(desk->flow, i));
    json_int(&out, "open", (int64_t)flow_open(desk->flow));
    json_int(&out, "running", (int64_t)gate_running(gate));
    json_int(&out, "queued", (int64_t)gate_waiting(gate));
    print_time(&out, "next_undo", flow_next_undo(desk->flow));
    print_close(&out);
}

/* ---- for people --------------------------------------------------------- */

static void put_counts(struct buf *buf, const struct flow *flow, size_t first,
                       size_t last)
{
    buf_printf(buf, "%-10s", first ? "work:" : "intake:");
    for (size_t i = first; i <= last; i++)
        buf_printf(buf, "%s%" PRId64 " %s", i > first ? ", " : "",
                   count_of(flow, i), counted[i].what);
    buf_add_byte(buf, '\n');
}

static void put_site(struct desk *desk)
{
    const struct set *set = flow_set(desk->flow);
    const struct problems *refused = serve_refused(desk->serve);
    struct buf *buf = &desk->out;

    buf_printf(buf, "%-10s%.8s, ", "set:", set->hash);
    print_count(buf, (int64_t)set->npolicies, "policy, ", "policies, ");
    print_count(buf, (int64_t)set->catalogue.len, "plugin\n", "plugins\n");
    for (size_t i = 0; i < refused->len; i++) {
        char *text = error_format(&refused->items[i].error);

        print_field(buf, "refused:", text);
        free(text);
    }
}

static void put_text(struct desk *desk)
{
    struct gate *gate = engine_gate(serve_engine(desk->serve));
    struct buf *buf = &desk->out;
    char since[CLOCK_TEXT];

    clock_format(serve_since(desk->serve), since);
    buf_printf(buf, "%s since %s, process %ld\n",
               serve_draining(desk->serve) ? "stopping, serving" : "serving",
               since, (long)getpid());
    put_site(desk);
    print_when(buf, "paused:", gate_paused(gate));
    print_when(buf, "disk full:", flow_full_since(desk->flow));
    put_counts(buf, desk->flow, 0, 4);
    put_counts(buf, desk->flow, 5, COUNTED - 1);
    buf_printf(buf, "%-10s%zu, %zu wait for a lane; %zu runs open\n",
               "actions:", gate_running(gate), gate_waiting(gate),
               flow_open(desk->flow));
    print_when(buf, "next undo:", flow_next_undo(desk->flow));
}

static void say(struct desk *desk)
{
    if (desk->args->json)
        put_json(desk);
    else
        put_text(desk);
}

static const struct desk_work work = {.of_engine = true, .say = say};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

/* ---- where none listens ------------------------------------------------- */

static int run(const struct args *args)
{
    struct settings *settings = site_settings(args->site);
    int64_t pid = engine_holder(settings->state);

    settings_free(settings);
    if (pid > 0)
        log_line("process %lld works on this site, and does not listen on a "
                 "control socket",
                 (long long)pid);
    else
        log_line("no serve works on this site");
    return pid > 0 ? EXIT_BUSY : EXIT_NO_SUCH;
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "Say what the running serve is doing",
    .detail = "Its set, and why a newer one is refused; whether it is paused; "
              "what it took in and\nwhat came of it since it began. Exit "
              "status 3 where none runs.\n",
    .run = run,
    .desk = desk_of,
};
