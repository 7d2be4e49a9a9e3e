#include "flow/replay.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/since.h"
#include "cli/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct replaying {
    bool json;
    bool terminal; /* stderr is one */
    struct buf buf;
    int64_t began, drawn; /* ms, of a clock that nobody sets */
    int64_t runs, single, requests, differed, lost, open, unasked;
};

/* ---- the line on stderr ------------------------------------------------- */

static int64_t tick(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double seconds(const struct replaying *replaying)
{
    return (double)(tick() - replaying->began) / 1000;
}

/* As progress.h does it: what somebody else writes takes the line over. */
static void draw(struct replaying *replaying, int64_t run)
{
    enum { PERIOD_MS = 250 };
    int64_t now;

    if (!replaying->terminal)
        return;
    now = tick();
    if (now - replaying->drawn < PERIOD_MS)
        return;
    replaying->drawn = now;
    fprintf(stderr, "\r\x1b[Kr%lld, %lld runs, %lld differ, %.0f runs/s\r",
            (long long)run, (long long)replaying->runs,
            (long long)replaying->differed,
            (double)replaying->runs / (seconds(replaying) + 0.001));
    fflush(stderr);
}

static void hide(const struct replaying *replaying)
{
    if (replaying->terminal && replaying->drawn != replaying->began)
        fputs("\r\x1b[K", stderr);
}

/* ---- what differs ------------------------------------------------------- */

static void put_side(struct buf *buf, const char *label, struct str text,
                     const char *none)
{
    buf_printf(buf, "  %-9s ", label);
    if (text.len)
        print_safe(buf, text);
    else
        buf_add_text(buf, none);
    buf_add_byte(buf, '\n');
}

static void put_text(struct buf *buf, const struct replayed *replayed)
{
    buf_printf(buf, "r%lld", (long long)replayed->run);
    if (replayed->step)
        buf_printf(buf, ".%u", replayed->step);
    if (replayed->policy) {
        buf_add_text(buf, " of ");
        print_text(buf, replayed->policy);
    }
    if (replayed->place.len) {
        buf_add_text(buf, ", ");
        print_safe(buf, replayed->place);
    }
    buf_add_text(buf, ": ");
    print_safe(buf, replayed->why);
    buf_add_byte(buf, '\n');
    if (replayed->verdict == REPLAY_LOST)
        return;
    put_side(buf, "now:", replayed->now, "none");
    put_side(buf, "recorded:", replayed->recorded, "none");
}

static void json_some(struct json_out *out, const char *key, struct str text)
{
    if (text.len)
        json_str(out, key, text);
    else
        json_null(out, key);
}

static void put_json(struct buf *buf, const struct replayed *replayed)
{
    struct json_out out = print_begin(buf, "difference");
    char run[32];

    snprintf(run, sizeof run, "r%lld", (long long)replayed->run);
    json_text(&out, "run", run);
    json_text(&out, "policy", replayed->policy);
    json_text(&out, "alarm", replayed->alarm);
    if (replayed->step)
        json_int(&out, "step", replayed->step);
    else
        json_null(&out, "step");
    json_some(&out, "place", replayed->place);
    json_some(&out, "why", replayed->why);
    json_some(&out, "now", replayed->now);
    json_some(&out, "recorded", replayed->recorded);
    print_end(&out);
}

static void tell(struct replaying *replaying, const struct replayed *replayed)
{
    hide(replaying);
    if (replaying->json) {
        put_json(&replaying->buf, replayed);
    } else {
        put_text(&replaying->buf, replayed);
        print_out(&replaying->buf);
    }
}

static int on_run(void *arg, const struct replayed *replayed)
{
    struct replaying *replaying = arg;

    switch (replayed->verdict) {
    case REPLAY_SAME:
        break;
    case REPLAY_DIFFERS:
        replaying->differed++;
        tell(replaying, replayed);
        break;
    case REPLAY_LOST:
        replaying->lost++;
        tell(replaying, replayed);
        return 0;
    case REPLAY_OPEN:
        replaying->open++;
        return 0;
    case REPLAY_UNASKED:
        replaying->unasked++;
        return 0;
    }
    if (replayed->policy)
        replaying->runs++;
    else
        replaying->single++;
    replaying->requests += replayed->requests;
    draw(replaying, replayed->run);
    return 0;
}

/* ---- the end ------------------------------------------------------------ */

static void put_sums(struct replaying *replaying)
{
    struct buf *buf = &replaying->buf;

    print_count(buf, replaying->runs, "run replayed, ", "runs replayed, ");
    if (replaying->single)
        print_count(buf, replaying->single, "request by hand compared, ",
                    "requests by hand compared, ");
    print_count(buf, replaying->requests, "request, ", "requests, ");
    buf_printf(buf, "%lld differ", (long long)replaying->differed);
    if (replaying->lost)
        print_count((buf_add_text(buf, ", "), buf), replaying->lost,
                    "cannot be replayed", "cannot be replayed");
    if (replaying->open)
        buf_printf(buf, ", %lld left out: not ended",
                   (long long)replaying->open);
    if (replaying->unasked)
        buf_printf(buf, ", %lld left out: called off before they asked",
                   (long long)replaying->unasked);
    buf_printf(buf, " (%.1f s)\n", seconds(replaying));
    print_out(buf);
}

static void put_sums_json(struct replaying *replaying)
{
    struct json_out out = print_begin(&replaying->buf, "replay");

    json_int(&out, "runs", replaying->runs);
    json_int(&out, "single", replaying->single);
    json_int(&out, "requests", replaying->requests);
    json_int(&out, "differed", replaying->differed);
    json_int(&out, "lost", replaying->lost);
    json_key(&out, "skipped");
    json_open(&out, '{');
    json_int(&out, "open", replaying->open);
    json_int(&out, "unasked", replaying->unasked);
    json_close(&out, '}');
    json_real(&out, "seconds", seconds(replaying));
    print_end(&out);
}

/* ---- which runs --------------------------------------------------------- */

static int check_names(const struct args *args)
{
    int64_t run;

    for (size_t i = 0; i < args->len; i++)
        if (!id_number(args->items[i], 'r', &run)) {
            log_line("error: \"%s\" is no run: they are called r1, r2 …; "
                     "riposte ls runs lists them",
                     args->items[i]);
            return EXIT_USAGE;
        }
    return 0;
}

static int add_name(void *arg, const char *name)
{
    words_add(arg, name);
    return 0;
}

/* Has the journal runs of that policy? */
static int check_policy(struct journal *journal, const char *name,
                        struct error *error)
{
    struct words names = {0};
    int code = journal_read_policies(journal, add_name, &names, error);
    const char *near = NULL;

    if (!code) {
        near = str_nearest(name, (const char *const *)names.items, names.len);
        if (!near || strcmp(near, name) != 0)
            code = error_set(error, ERROR_NOT_FOUND,
                             "the journal has no run of a policy \"%s\"%s%s%s",
                             name, near ? "; did you mean \"" : "",
                             near ? near : "", near ? "\"?" : "");
    }
    words_free(&names);
    return code;
}

static int replay_named(struct replay *replay, const struct args *args,
                        struct journal_replay *what, struct error *error)
{
    for (size_t i = 0; i < args->len; i++) {
        int64_t count;

        id_number(args->items[i], 'r', &what->first);
        what->last = what->first;
        count = replay_runs(replay, what, error);
        if (!count)
            return error_set(error, ERROR_NOT_FOUND,
                             "there is no run %s, of those that are asked for",
                             args->items[i]);
        if (count < 0)
            return (int)count;
    }
    return 0;
}

static int replay_all(struct replay *replay, struct journal *journal,
                      const struct args *args, struct error *error)
{
    struct journal_replay what = {
        .first = 1, .last = INT64_MAX, .policy = args_value(args, "--policy")};
    int64_t count =
        since_parse(args_value(args, "--since"), &what.since, error);

    if (!count && what.policy)
        count = check_policy(journal, what.policy, error);
    if (!count)
        count = args->len ? replay_named(replay, args, &what, error)
                          : replay_runs(replay, &what, error);
    return count < 0 ? (int)count : 0;
}

static int replay_journal(struct replaying *replaying, struct journal *journal,
                          const struct args *args, struct error *error)
{
    char *site = realpath(args->site, NULL);
    struct replay *replay = replay_new(&(struct replay_config){
        .journal = journal, .site = site, .each = on_run, .arg = replaying});
    int status = replay_all(replay, journal, args, error);

    replay_free(replay);
    free(site);
    return status;
}

static int verify(const struct args *args)
{
    struct replaying replaying = {.json = args->json,
                                  .terminal = isatty(STDERR_FILENO) == 1,
                                  .began = tick()};
    struct error error = {0};
    struct held held;
    int status = runs_open(&held, args, &error);

    replaying.drawn = replaying.began;
    if (!status) {
        status = replay_journal(&replaying, held.journal, args, &error);
        held_close(&held);
    }
    hide(&replaying);
    if (!status && args->json)
        put_sums_json(&replaying);
    else if (!status)
        put_sums(&replaying);
    buf_free(&replaying.buf);
    if (status)
        return site_error(&error);
    return replaying.differed || replaying.lost ? EXIT_FAILED_RUN : EXIT_WELL;
}

static int run(const struct args *args)
{
    int status = check_names(args);

    if (!status && !args_has(args, "--verify")) {
        log_line("error: riposte replay takes --verify: what the journal has "
                 "once more, against itself");
        status = EXIT_USAGE;
    }
    return status ? status : verify(args);
}

static const struct option options[] = {
    {"--verify", NULL, NULL, "every request against the recorded one", false},
    {"--since", NULL, "TIME",
     "runs begun from that time on; or 7d: so long ago", false},
    {"--policy", NULL, "NAME", "runs of that policy alone", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_replay = {
    .name = "replay",
    .arguments = "[RUN…]",
    .summary =
        "Runs that have ended once more, by their record; nothing starts",
    .detail = "Each is run from its start in the set that was in force, and "
              "fed what was answered\nthen. It has to ask the same, and to end "
              "the same; what differs is shown with both\nsides, and the exit "
              "status is 1. Nothing is started, nothing is written.\n\n"
              "Example: riposte replay --verify --since 7d\n",
    .options = options,
    .max_args = ARGS_ANY,
    .run = run,
};
