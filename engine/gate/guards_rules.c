#include "gate/guards_inner.h"

#include "base/alloc.h"

#include <string.h>

#define WINDOW_MAX_MS (INT64_C(1000) * 60 * 60 * 24 * GUARDS_WINDOW_DAYS_MAX)

const char *const budget_per_names[PER_COUNT] = {"all",    "action", "policy",
                                                 "plugin", "target", "prefix"};

/* ---- budgets ----------------------------------------------------------- */

static bool read_number(const struct guards_reading *reading,
                        const struct json *rule, const char *key, int64_t min,
                        int64_t max, int64_t *number)
{
    const struct json *value = json_member(rule, key);

    if (!value)
        return true;
    if (!guards_whole(value, min, max))
        return guards_wrong(reading, value->line,
                            "%s wants a whole number from %d to %d", key,
                            (int)min, (int)max);
    *number = value->as.integer;
    return true;
}

/* One of some words; *found is left as it is where the key is not there. */
static bool read_choice(const struct guards_reading *reading,
                        const struct json *rule, const char *key,
                        const char *const *words, size_t count, size_t *found)
{
    const struct json *value = json_member(rule, key);
    struct buf choices = {0};

    if (!value)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (value->type == JSON_TEXT && str_is(value->as.text, words[i])) {
            *found = i;
            buf_free(&choices);
            return true;
        }
        buf_printf(&choices, "%s\"%s\"", i ? ", " : "", words[i]);
    }
    guards_wrong(reading, value->line, "%s wants one of %s", key, choices.data);
    buf_free(&choices);
    return false;
}

static bool read_per(const struct guards_reading *reading,
                     const struct json *rule, const struct action *action,
                     struct guards_budget *budget)
{
    static const char *const overflows[] = {"approve", "refuse"};
    int64_t ipv4 = 0, ipv6 = 0;
    size_t per = PER_ALL, overflow = 0;

    if (!read_choice(reading, rule, "per", budget_per_names, PER_COUNT, &per) ||
        !read_choice(reading, rule, "overflow", overflows, 2, &overflow) ||
        !read_number(reading, rule, "ipv4", 1, 32, &ipv4) ||
        !read_number(reading, rule, "ipv6", 1, 128, &ipv6))
        return false;
    budget->per = (enum budget_per)per;
    budget->refuse = overflow == 1;
    budget->ipv4 = (unsigned)ipv4;
    budget->ipv6 = (unsigned)ipv6;
    if ((per == PER_PREFIX) != (ipv4 || ipv6))
        return guards_wrong(reading, rule->line,
                            "ipv4 and ipv6 say how many bits a prefix has: "
                            "per = \"prefix\", ipv4 = 24, ipv6 = 48");
    if (per >= PER_TARGET && action && action->target < 0)
        return guards_wrong(reading, rule->line,
                            "%s / %s has no Target, so nothing can be counted "
                            "for each; give it one in its overlay",
                            action->plugin->name, action->name);
    return true;
}

static bool read_limit(const struct guards_reading *reading,
                       const struct json *rule, struct guards_budget *budget)
{
    if (!json_member(rule, "count") || !json_member(rule, "within"))
        return guards_wrong(reading, rule->line,
                            "a budget wants count and within: count = 20, "
                            "within = \"1h\"");
    return read_number(reading, rule, "count", 0, GUARDS_COUNT_MAX,
                       &budget->count) &&
           guards_duration(reading, rule, WINDOW_MAX_MS, &budget->within);
}

static bool is_remediation(const struct guards_reading *reading,
                           const struct json *rule, const struct action *action)
{
    return !action || action->kind == ACTION_REMEDIATION ||
           guards_wrong(reading, json_member(rule, "action")->line,
                        "%s / %s is a context action; budgets count "
                        "remediations",
                        action->plugin->name, action->name);
}

bool guards_is_budget(const char *rule)
{
    return !strncmp(rule, "budget ", 7);
}

static void name_budget(const struct guards *guards, const struct json *rule,
                        struct guards_budget *budget, const struct buf *scope)
{
    struct str within = json_member(rule, "within")->as.text;
    struct buf text = {0};

    buf_printf(&text, "budget %s:%u: %lld of %s in %.*s", guards->where,
               budget->line, (long long)budget->count, scope->data,
               (int)within.len, within.data);
    if (budget->per)
        buf_printf(&text, " per %s", budget_per_names[budget->per]);
    if (budget->ipv4)
        buf_printf(&text, " /%u", budget->ipv4);
    if (budget->ipv6)
        buf_printf(&text, " /%u (IPv6)", budget->ipv6);
    budget->text = buf_take(&text);
}

static void read_budget(struct guards_reading *reading, const struct json *rule)
{
    struct guards *guards = reading->guards;
    struct guards_budget *budget = &guards->budgets[guards->nbudgets++];
    const struct action *action;
    struct buf scope = {0};

    budget->line = rule->line;
    if (guards_keys(reading, rule, "a budget",
                    GUARDS_KEYS("action", "plugin", "policy", "per", "ipv4",
                                "ipv6", "count", "within", "overflow",
                                "group")) &&
        guards_scope_read(reading, rule, &budget->scope, &action, &scope) &&
        is_remediation(reading, rule, action) &&
        read_per(reading, rule, action, budget) &&
        read_limit(reading, rule, budget) &&
        guards_group_read(reading, rule, &budget->group))
        name_budget(guards, rule, budget, &scope);
    buf_free(&scope);
}

void guards_read_budgets(struct guards_reading *reading,
                         const struct json *budgets)
{
    if (!guards_list(reading, budgets, "budgets"))
        return;
    reading->guards->budgets =
        alloc_zeroed(budgets->as.list.len, sizeof *reading->guards->budgets);
    for (size_t i = 0; i < budgets->as.list.len; i++)
        read_budget(reading, &budgets->as.list.items[i]);
}

/* ---- approve ----------------------------------------------------------- */

static bool read_level(const struct guards_reading *reading,
                       const struct json *item, struct guards_level *level)
{
    int64_t quorum = 1;

    if (!guards_keys(reading, item, "a level",
                     GUARDS_KEYS("group", "quorum")) ||
        !guards_group_read(reading, item, &level->group) ||
        !read_number(reading, item, "quorum", 1, GUARDS_QUORUM_MAX, &quorum))
        return false;
    level->quorum = (unsigned)quorum;
    return true;
}

/* Nobody named: anybody, once. */
static bool read_levels(const struct guards_reading *reading,
                        const struct json *rule, struct guards_approve *approve)
{
    const struct json *levels = json_member(rule, "levels");
    size_t count = 1;

    if (levels && (levels->type != JSON_ARRAY || !levels->as.list.len))
        return guards_wrong(reading, levels->line,
                            "levels wants a list: { { group = \"analysts\", "
                            "quorum = 2 }, { group = \"leads\" } }");
    if (levels)
        count = levels->as.list.len;
    approve->levels = alloc_zeroed(count, sizeof *approve->levels);
    approve->nlevels = count;
    approve->levels[0].quorum = 1;
    for (size_t i = 0; levels && i < count; i++)
        if (!read_level(reading, &levels->as.list.items[i],
                        &approve->levels[i]))
            return false;
    return true;
}

static void name_approve(const struct guards *guards,
                         struct guards_approve *approve,
                         const struct buf *scope)
{
    struct buf text = {0};

    buf_printf(&text, "approve %s:%u: %s", guards->where, approve->line,
               scope->data);
    for (size_t i = 0; i < approve->nlevels; i++)
        buf_printf(
            &text, "%s%u of %s", i ? ", " : " by ", approve->levels[i].quorum,
            approve->levels[i].group ? approve->levels[i].group : "anybody");
    approve->text = buf_take(&text);
}

static void read_approve(struct guards_reading *reading,
                         const struct json *rule)
{
    struct guards *guards = reading->guards;
    struct guards_approve *approve = &guards->approves[guards->napproves++];
    const struct action *action;
    struct buf scope = {0};

    approve->line = rule->line;
    approve->within = GUARDS_WITHIN_MS;
    if (guards_keys(reading, rule, "a rule of approve",
                    GUARDS_KEYS("action", "plugin", "policy", "levels",
                                "within", "reason")) &&
        guards_scope_read(reading, rule, &approve->scope, &action, &scope) &&
        read_levels(reading, rule, approve) &&
        guards_duration(reading, rule, WINDOW_MAX_MS, &approve->within) &&
        guards_text(reading, rule, "reason", &approve->reason))
        name_approve(guards, approve, &scope);
    buf_free(&scope);
}

void guards_read_approve(struct guards_reading *reading,
                         const struct json *approve)
{
    if (!guards_list(reading, approve, "approve"))
        return;
    reading->guards->approves =
        alloc_zeroed(approve->as.list.len, sizeof *reading->guards->approves);
    for (size_t i = 0; i < approve->as.list.len; i++)
        read_approve(reading, &approve->as.list.items[i]);
}
