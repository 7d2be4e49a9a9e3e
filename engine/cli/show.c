#include "cli/show.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/site.h"

#include <stdlib.h>

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
    print_words(&out, "tags", &policy->tags);
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
        print_words(&out, "by", &policy->threshold.by);
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

static int show_plugin(const struct args *args)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    const struct plugin *plugin;
    struct buf buf = {0};

    if (!set)
        return EXIT_USAGE;
    plugin = catalogue_plugin(&set->catalogue, args->items[0], NULL);
    if (plugin && args->json)
        show_plugin_json(&buf, plugin);
    else if (plugin)
        show_plugin_text(&buf, plugin);
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
    int status = show_plugin(args);

    return status == EXIT_NO_SUCH ? show_policy(args) : status;
}

/* By the form of what is named. */
static const struct desk_work *desk_of(const struct args *args)
{
    const char *name = args->items[0];
    unsigned step;
    int64_t number;

    return id_number(name, 'r', &number) || id_step(name, &number, &step)
               ? &show_run_work
           : id_number(name, 'a', &number) ? &show_approval_work
           : id_number(name, 'l', &number) ? &show_lease_work
           : show_is_digest(name)          ? &show_digest_work
                                           : NULL;
}

const struct command command_show = {
    .name = "show",
    .arguments = "\"PLUGIN\"|POLICY|RUN|STEP|LEASE|APPROVAL|ALARM|SET",
    .summary = "Show a plugin's actions, what a policy is for, or one thing of "
               "the journal",
    .detail = "A run is r17, a step r17.3, a lease l4, an approval a9; alarms "
              "and sets go by how\ntheir id begins.\n\n"
              "Example: riposte show \"Host Firewall\"\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
    .desk = desk_of,
};
