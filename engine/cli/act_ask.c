#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/act.h"
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>

static void say(const char *text)
{
    struct buf buf = {0};

    buf_printf(&buf, "  %s\n", text);
    ask_say(&buf);
    buf_free(&buf);
}

/* ---- one of several --------------------------------------------------- */

struct offer {
    const char *what; /* "Plugin" */
    struct choice *items;
    size_t len;
};

static void list_offer(const struct offer *offer)
{
    struct buf buf = {0};

    for (size_t i = 0; i < offer->len; i++) {
        buf_printf(&buf, "%4zu  ", i + 1);
        print_text(&buf, offer->items[i].name);
        buf_add_byte(&buf, '\n');
    }
    ask_say(&buf);
    buf_free(&buf);
}

/* Several begin with the answer, or none does. */
static void say_unclear(const struct offer *offer, enum choice_match match,
                        const char *answer)
{
    struct buf buf = {0};

    buf_add_text(&buf, match == CHOICE_MANY ? "  several begin with \""
                                            : "  there is no \"");
    print_text(&buf, answer);
    buf_add_text(&buf, "\"");
    for (size_t i = 0; match == CHOICE_MANY && i < offer->len; i++)
        if (choice_begins(&offer->items[i], str_trim(str_of(answer)))) {
            buf_add_text(&buf, "\n  - ");
            print_text(&buf, offer->items[i].name);
        }
    buf_add_byte(&buf, '\n');
    ask_say(&buf);
    buf_free(&buf);
}

/* preset: what Enter takes; offer->len: nothing. */
static char *ask_choice(struct ask *ask, const struct offer *offer,
                        size_t preset)
{
    struct ask_question question = {.choices = offer->items,
                                    .nchoices = offer->len};
    struct buf prompt = {0};
    char *answer;

    buf_add_text(&prompt, offer->what);
    if (preset < offer->len) {
        buf_add_text(&prompt, " [");
        print_text(&prompt, offer->items[preset].name);
        buf_add_byte(&prompt, ']');
    }
    buf_add_text(&prompt, ": ");
    question.prompt = prompt.data;
    answer = ask_line(ask, &question);
    buf_free(&prompt);
    return answer;
}

/* Asks until it is clear which is meant. A name that is near is not taken for
 * the one that was meant: Enter does that. */
static enum act_asked choose(struct ask *ask, const struct offer *offer,
                             size_t *index)
{
    size_t preset = offer->len == 1 ? 0 : offer->len;

    list_offer(offer);
    for (;;) {
        char *answer = ask_choice(ask, offer, preset);
        enum choice_match match;

        if (!answer)
            return ACT_LEFT;
        if (!str_trim(str_of(answer)).len) {
            free(answer);
            *index = preset;
            if (preset < offer->len)
                return ACT_ASKED;
            continue;
        }
        match = choice_find(offer->items, offer->len, str_of(answer), index);
        if (match != CHOICE_ONE)
            say_unclear(offer, match, answer);
        free(answer);
        if (match == CHOICE_ONE)
            return ACT_ASKED;
        preset = match == CHOICE_NONE ? *index : offer->len;
    }
}

static size_t available(const struct plugin *plugin)
{
    size_t count = 0;

    for (size_t i = 0; i < plugin->nactions; i++)
        count += !plugin->actions[i].unavailable;
    return count;
}

enum act_asked act_ask_plugin(struct ask *ask,
                              const struct catalogue *catalogue,
                              const struct plugin **plugin)
{
    const struct plugin **plugins =
        alloc_zeroed(catalogue->len + 1, sizeof *plugins);
    struct offer offer = {"Plugin", NULL, 0};
    enum act_asked asked = ACT_NOTHING;
    size_t index;

    offer.items = alloc_zeroed(catalogue->len + 1, sizeof *offer.items);
    for (size_t i = 0; i < catalogue->len; i++)
        if (available(catalogue->plugins[i])) {
            plugins[offer.len] = catalogue->plugins[i];
            offer.items[offer.len++].name = catalogue->plugins[i]->name;
        }
    if (offer.len < catalogue->len)
        log_line("%zu plugin%s not offered: none of the actions can run here; "
                 "riposte check says why",
                 catalogue->len - offer.len,
                 catalogue->len - offer.len == 1 ? " is" : "s are");
    if (!offer.len)
        log_line("error: there is no plugin here to choose from");
    else
        asked = choose(ask, &offer, &index);
    if (asked == ACT_ASKED)
        *plugin = plugins[index];
    free(offer.items);
    free(plugins);
    return asked;
}

static void say_unavailable(const struct plugin *plugin, size_t count)
{
    if (count)
        log_line("%zu action%s not offered, since %s cannot run here; riposte "
                 "show \"%s\" says why",
                 count, count == 1 ? " is" : "s are",
                 count == 1 ? "it" : "they", plugin->name);
}

enum act_asked act_ask_action(struct ask *ask, const struct plugin *plugin,
                              const struct action **action)
{
    const struct action **actions =
        alloc_zeroed(plugin->nactions + 1, sizeof *actions);
    struct offer offer = {"Action", NULL, 0};
    enum act_asked asked = ACT_NOTHING;
    size_t index;

    offer.items = alloc_zeroed(plugin->nactions + 1, sizeof *offer.items);
    for (size_t i = 0; i < plugin->nactions; i++)
        if (!plugin->actions[i].unavailable) {
            actions[offer.len] = &plugin->actions[i];
            offer.items[offer.len++].name = plugin->actions[i].name;
        }
    say_unavailable(plugin, plugin->nactions - offer.len);
    if (!offer.len)
        log_line("error: plugin \"%s\" has no action to choose from",
                 plugin->name);
    else
        asked = choose(ask, &offer, &index);
    if (asked == ACT_ASKED)
        *action = actions[index];
    free(offer.items);
    free(actions);
    return asked;
}

/* ---- whether to run ---------------------------------------------------- */

/* What the gate will make of it; false and the reason where it refuses. */
static bool build(const struct request *request, const struct alarm *alarm,
                  struct argv *argv, struct error *error)
{
    struct values values = values_copy(&request->values);
    int status;

    values_default(&values, request->action, alarm);
    status = argv_build(request->action, &values, argv, error);
    values_free(&values);
    return status == 0;
}

static void say_what_runs(const struct action *action, const struct argv *argv,
                          int64_t due)
{
    struct buf buf = {0};
    char when[CLOCK_TEXT];

    buf_add_text(&buf, "\naction:   ");
    print_text(&buf, action->plugin->name);
    buf_add_text(&buf, " / ");
    print_text(&buf, action->name);
    buf_add_text(&buf, "\nargv:     ");
    print_argv(&buf, argv);
    buf_printf(&buf, "\nkind:     %s\ntime-out: ",
               action->kind == ACTION_CONTEXT ? "context" : "remediation");
    print_duration(&buf, action->timeout);
    clock_format(due, when);
    if (due)
        buf_printf(&buf, "\nat:       %s", when);
    buf_add_byte(&buf, '\n');
    ask_say(&buf);
    buf_free(&buf);
}

enum act_asked act_ask_run(struct ask *ask, const struct request *request,
                           const struct alarm *alarm, int64_t due)
{
    struct ask_question question = {.prompt = due ? "Keep it until then? [y/N] "
                                                  : "Run it? [y/N] "};
    struct argv argv;
    struct error error;
    struct str said;
    char *answer;
    bool yes;

    if (!build(request, alarm, &argv, &error)) {
        log_error(&error);
        return ACT_NOTHING;
    }
    say_what_runs(request->action, &argv, due);
    argv_free(&argv);
    answer = ask_line(ask, &question);
    if (!answer)
        return ACT_LEFT;
    said = str_trim(str_of(answer));
    yes = str_same_nocase(said, str_of("y")) ||
          str_same_nocase(said, str_of("yes"));
    free(answer);
    if (!yes)
        say(due ? "nothing is kept" : "nothing was started");
    return yes ? ACT_ASKED : ACT_NOTHING;
}
