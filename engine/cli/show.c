#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

#include <stdlib.h>

static const char *const kind_names[] = {"context", "remediation"};
static const char *const via_names[] = {"argv", "env", "stdin"};

/* ---- for programs ---------------------------------------------------- */

static void put_words(struct json_out *out, const char *key,
                      const struct words *words)
{
    json_key(out, key);
    json_open(out, '[');
    for (size_t i = 0; i < words->len; i++)
        json_put_text(out, words->items[i]);
    json_close(out, ']');
}

static void put_limit(struct json_out *out, const char *key, bool has,
                      int64_t limit)
{
    if (has)
        json_int(out, key, limit);
    else
        json_null(out, key);
}

static void put_param(struct json_out *out, const struct param *param)
{
    json_open(out, '{');
    json_text(out, "name", param->constant ? NULL : param->name);
    json_text(out, "slug", param->constant ? NULL : param->slug);
    json_bool(out, "constant", param->constant);
    json_bool(out, "encrypted", param->encrypted);
    json_text(out, "switch", param->switch_text);
    put_words(out, "words", &param->switch_words);
    json_text(out, "type", type_names[param->type]);
    json_bool(out, "required", param->required);
    json_bool(out, "dash", param->dash);
    put_limit(out, "min", param->has_min, param->min);
    put_limit(out, "max", param->has_max, param->max);
    put_words(out, "values", &param->values);
    json_text(out, "default", param->static_value);
    json_text(out, "field", param->field);
    json_text(out, "via", via_names[param->via]);
    json_text(out, "variable", param->via_name);
    json_text(out, "secret", param->secret);
    json_close(out, '}');
}

static void put_action(struct json_out *out, const struct action *action)
{
    json_open(out, '{');
    json_text(out, "name", action->name);
    json_text(out, "slug", action->slug);
    json_text(out, "kind", kind_names[action->kind]);
    json_text(out, "command", action->command);
    put_words(out, "program", &action->program);
    json_text(out, "unavailable", action->unavailable);
    json_real(out, "timeout", (double)action->timeout / 1000);
    json_real(out, "grace", (double)action->grace / 1000);
    json_text(out, "undo", action->undo ? action->undo->name : NULL);
    json_text(out, "verify", action->verify ? action->verify->name : NULL);
    json_text(out, "target",
              action->target < 0 ? NULL : action->params[action->target].name);
    json_int(out, "concurrency", action->concurrency);
    json_text(out, "stderr", action->stderr_fails ? "fail" : "warning");
    json_text(out, "empty", action->empty_omitted ? "omit" : "keep");
    json_key(out, "success");
    json_open(out, '[');
    for (size_t i = 0; i < action->nsuccess; i++)
        json_put_int(out, action->success[i]);
    json_close(out, ']');
    json_text(out, "profile", action->profile);
    json_key(out, "params");
    json_open(out, '[');
    for (size_t i = 0; i < action->nparams; i++)
        put_param(out, &action->params[i]);
    json_close(out, ']');
    json_close(out, '}');
}

static void plugin_json(struct buf *buf, const struct plugin *plugin)
{
    struct json_out out = print_begin(buf, "plugin");

    json_text(&out, "plugin", plugin->name);
    json_text(&out, "slug", plugin->slug);
    json_text(&out, "guid", plugin->guid);
    json_int(&out, "version", plugin->version);
    json_text(&out, "file", plugin->where);
    json_text(&out, "folder", plugin->folder);
    json_key(&out, "actions");
    json_open(&out, '[');
    for (size_t i = 0; i < plugin->nactions; i++)
        put_action(&out, &plugin->actions[i]);
    json_close(&out, ']');
    print_end(&out);
}

/* ---- for people ------------------------------------------------------ */

/* The command line with <NAME> where a value will stand. */
static void show_line(struct buf *buf, const struct action *action)
{
    buf_add_text(buf, "  ");
    print_word(buf, str_of(action->command));
    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *param = &action->params[i];

        if (param->via != VIA_ARGV)
            continue;
        for (size_t k = 0; k < param->switch_words.len; k++) {
            buf_add_byte(buf, ' ');
            print_word(buf, str_of(param->switch_words.items[k]));
        }
        if (param->constant || param->type == TYPE_FLAG)
            continue;
        buf_add_text(buf, " <");
        print_text(buf, param->name);
        buf_add_byte(buf, '>');
    }
    buf_add_byte(buf, '\n');
}

static void show_default(struct buf *buf, const struct param *param)
{
    if (param->secret) {
        buf_printf(buf, ", default: the secret %s", param->secret);
    } else if (param->preset == DEFAULT_STATIC) {
        buf_add_text(buf, ", default ");
        if (param->encrypted)
            buf_add_text(buf, "***");
        else
            print_word(buf, str_of(param->static_value));
    } else if (param->preset == DEFAULT_FIELD) {
        buf_add_text(buf, ", default: the alarm's ");
        print_text(buf, param->field);
    }
}

static void show_param(struct buf *buf, const struct param *param)
{
    buf_add_text(buf, "    ");
    print_text(buf, param->name);
    if (param->slug) {
        buf_add_text(buf, " (");
        print_text(buf, param->slug);
        buf_add_byte(buf, ')');
    }
    buf_printf(buf, ": %s", type_names[param->type]);
    for (size_t i = 0; i < param->values.len; i++) {
        buf_add_byte(buf, i ? '|' : ' ');
        print_text(buf, param->values.items[i]);
    }
    if (param->has_min)
        buf_printf(buf, ", from %lld", (long long)param->min);
    if (param->has_max)
        buf_printf(buf, ", to %lld", (long long)param->max);
    buf_add_text(buf, param->required ? ", required" : "");
    buf_add_text(buf, param->encrypted ? ", encrypted" : "");
    buf_add_text(buf, param->dash ? ", may begin with -" : "");
    if (param->via == VIA_ENV) {
        buf_add_text(buf, ", in the environment as ");
        print_text(buf, param->via_name);
    } else if (param->via == VIA_STDIN) {
        buf_add_text(buf, ", on stdin");
    }
    show_default(buf, param);
    buf_add_byte(buf, '\n');
}

static void show_companion(struct buf *buf, const char *label,
                           const struct action *action)
{
    if (!action)
        return;
    buf_printf(buf, ", %s \"", label);
    print_text(buf, action->name);
    buf_add_byte(buf, '"');
}

static void show_action(struct buf *buf, const struct action *action)
{
    buf_add_byte(buf, '\n');
    print_text(buf, action->name);
    buf_printf(buf, ": %s, ", kind_names[action->kind]);
    print_duration(buf, action->timeout);
    show_companion(buf, "undo", action->undo);
    show_companion(buf, "verify", action->verify);
    if (action->target >= 0) {
        buf_add_text(buf, ", one at a time per ");
        print_text(buf, action->params[action->target].name);
    }
    if (action->concurrency != ACTION_CONCURRENCY)
        buf_printf(buf, ", at most %u at once", action->concurrency);
    buf_add_byte(buf, '\n');
    show_line(buf, action);
    if (action->unavailable) {
        buf_add_text(buf, "  unavailable here: ");
        print_text(buf, action->unavailable);
        buf_add_byte(buf, '\n');
    }
    for (size_t i = 0; i < action->nparams; i++)
        if (!action->params[i].constant)
            show_param(buf, &action->params[i]);
}

static void plugin_text(struct buf *buf, const struct plugin *plugin)
{
    print_text(buf, plugin->name);
    buf_printf(buf, ", version %ld\n", plugin->version);
    print_text(buf, plugin->where);
    buf_add_byte(buf, '\n');
    for (size_t i = 0; i < plugin->nactions; i++)
        show_action(buf, &plugin->actions[i]);
    print_out(buf);
}

/* ---- a policy -------------------------------------------------------- */

static void next_text(const struct policy *policy, char text[CLOCK_TEXT])
{
    clock_format(every_next(&policy->due, clock_now()), text);
}

static void policy_json(struct buf *buf, const struct policy *policy)
{
    struct json_out out = print_begin(buf, "policy");
    char next[CLOCK_TEXT];

    json_text(&out, "policy", policy->name);
    json_text(&out, "file", policy->file);
    put_words(&out, "tags", &policy->tags);
    json_key(&out, "on");
    if (policy->on)
        json_put_value(&out, policy->on);
    else
        json_put_null(&out);
    if (policy->every) {
        next_text(policy, next);
        json_text(&out, "every", policy->every);
        json_text(&out, "next", next);
    }
    json_key(&out, "threshold");
    if (policy->threshold.count) {
        json_open(&out, '{');
        json_int(&out, "count", policy->threshold.count);
        json_real(&out, "within", (double)policy->threshold.within / 1000);
        json_real(&out, "again", (double)policy->threshold.again / 1000);
        put_words(&out, "by", &policy->threshold.by);
        json_close(&out, '}');
    } else {
        json_put_null(&out);
    }
    print_end(&out);
}

static void show_every(struct buf *buf, const struct policy *policy)
{
    char next[CLOCK_TEXT];

    if (!policy->every)
        return;
    next_text(policy, next);
    buf_add_text(buf, "every: ");
    print_text(buf, policy->every);
    buf_printf(buf, ", next at %s\n", next);
}

static void show_threshold(struct buf *buf,
                           const struct policy_threshold *threshold)
{
    if (!threshold->count)
        return;
    buf_printf(buf, "threshold: %lld within ", (long long)threshold->count);
    print_duration(buf, threshold->within);
    buf_add_text(buf, " by ");
    for (size_t i = 0; i < threshold->by.len; i++) {
        buf_add_text(buf, i ? ", " : "");
        print_text(buf, threshold->by.items[i]);
    }
    buf_add_text(buf, ", again after ");
    print_duration(buf, threshold->again);
    buf_add_byte(buf, '\n');
}

static void policy_text(struct buf *buf, const struct policy *policy)
{
    struct buf on = {0};
    struct json_out out = {.buf = &on};

    print_text(buf, policy->name);
    buf_add_byte(buf, '\n');
    print_text(buf, policy->file);
    buf_add_byte(buf, '\n');
    if (policy->on) {
        json_put_value(&out, policy->on);
        buf_add_text(buf, "on: ");
        print_safe(buf, buf_str(&on));
        buf_add_byte(buf, '\n');
    }
    show_every(buf, policy);
    show_threshold(buf, &policy->threshold);
    for (size_t i = 0; i < policy->tags.len; i++) {
        buf_add_text(buf, i ? ", " : "tags: ");
        print_text(buf, policy->tags.items[i]);
    }
    buf_add_text(buf, policy->tags.len ? "\n" : "");
    print_out(buf);
    buf_free(&on);
}

/* ---- by name --------------------------------------------------------- */

static int show_plugin(const struct args *args)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    const struct plugin *plugin;
    struct buf buf = {0};

    if (!set)
        return EXIT_USAGE;
    plugin = catalogue_plugin(&set->catalogue, args->items[0], NULL);
    if (plugin && args->json)
        plugin_json(&buf, plugin);
    else if (plugin)
        plugin_text(&buf, plugin);
    buf_free(&buf);
    set_unref(set);
    return plugin ? EXIT_WELL : EXIT_NO_SUCH;
}

static int unknown(const struct set *set, const char *name)
{
    size_t len = 0, most = set->catalogue.len + set->npolicies;
    const char **names = alloc_zeroed(most + 1, sizeof *names);
    const char *near;

    for (size_t i = 0; i < set->catalogue.len; i++)
        names[len++] = set->catalogue.plugins[i]->name;
    for (size_t i = 0; i < set->npolicies; i++)
        names[len++] = set->policies[i]->name;
    near = str_nearest(name, names, len);
    log_line("error: no plugin or policy is called \"%s\"%s%s%s", name,
             near ? "; did you mean \"" : "", near ? near : "",
             near ? "\"?" : "; riposte ls plugins lists them");
    free(names);
    return EXIT_NO_SUCH;
}

static int show_policy(const struct args *args)
{
    struct set *set = site_load(args, SET_ALL);
    const struct policy *policy;
    struct buf buf = {0};
    int status = EXIT_WELL;

    if (!set)
        return EXIT_USAGE;
    policy = set_policy(set, args->items[0], NULL);
    if (!policy)
        status = unknown(set, args->items[0]);
    else if (args->json)
        policy_json(&buf, policy);
    else
        policy_text(&buf, policy);
    buf_free(&buf);
    set_unref(set);
    return status;
}

/* Plugins can be shown where a policy keeps the site from loading. */
static int run(const struct args *args)
{
    int64_t number;
    int status;

    if (runs_number(args->items[0], &number))
        return show_run(args);
    status = show_plugin(args);
    return status == EXIT_NO_SUCH ? show_policy(args) : status;
}

const struct command command_show = {
    .name = "show",
    .arguments = "\"PLUGIN\"|POLICY|RUN",
    .summary = "Show a plugin's actions, what a policy is for, or a run",
    .detail = "Example: riposte show \"Host Firewall\"\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
