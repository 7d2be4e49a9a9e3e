#include "cli/changes.h"

#include "cli/print.h"

#include <string.h>

struct change {
    char sign; /* '+', '-', '~' */
    const char *action;
    const char *param; /* or NULL: the action itself */
    const char *what;  /* what changed, or NULL */
    bool json;
};

static void print_json(const struct change *change)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "change");

    json_text(&out, "change",
              change->sign == '+'   ? "added"
              : change->sign == '-' ? "removed"
                                    : "changed");
    json_text(&out, "action", change->action);
    json_text(&out, "parameter", change->param);
    json_text(&out, "what", change->what);
    print_end(&out);
    buf_free(&buf);
}

static void print_change(const struct change *change)
{
    struct buf buf = {0};

    if (change->json) {
        print_json(change);
        return;
    }
    buf_printf(&buf, "  %c ", change->sign);
    print_text(&buf, change->action);
    if (change->param) {
        buf_add_text(&buf, ": ");
        print_text(&buf, change->param);
    }
    if (change->what)
        buf_printf(&buf, " (%s)", change->what);
    buf_add_byte(&buf, '\n');
    print_out(&buf);
    buf_free(&buf);
}

static bool differ(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

static void note(struct buf *what, bool different, const char *text)
{
    if (!different)
        return;
    buf_add_text(what, what->len ? ", " : "");
    buf_add_text(what, text);
}

/* By what they make of a moment in winter and of one in summer. */
static bool times_differ(const struct time_format *a,
                         const struct time_format *b)
{
    static const int64_t moments[] = {1705410123456, 1721138589012};
    struct buf one = {0}, other = {0};
    bool same;

    if (!a || !b)
        return a != b;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        timeformat_put(a, moments[i], &one);
        timeformat_put(b, moments[i], &other);
    }
    same = str_same(buf_str(&one), buf_str(&other));
    buf_free(&one);
    buf_free(&other);
    return !same;
}

static void compare_params(const struct param *old, const struct param *new,
                           struct buf *what)
{
    note(what, old->constant != new->constant, "kind");
    note(what, old->encrypted != new->encrypted, "encryption");
    note(what, differ(old->switch_text, new->switch_text), "switch");
    note(what, old->order != new->order || old->numbered != new->numbered,
         "order");
    note(what,
         old->preset != new->preset ||
             differ(old->static_value, new->static_value) ||
             differ(old->field, new->field) ||
             times_differ(old->time, new->time),
         "default");
    note(what, old->type != new->type, "type");
    note(what, old->required != new->required, "required");
    note(what, old->via != new->via || differ(old->via_name, new->via_name),
         "via");
}

static const struct param *param_named(const struct action *action,
                                       const struct param *like)
{
    for (size_t i = 0; i < action->nparams; i++)
        if (!differ(action->params[i].name, like->name) &&
            action->params[i].constant == like->constant)
            return &action->params[i];
    return NULL;
}

static const char *name_of(const struct param *param)
{
    return param->name && *param->name ? param->name : "(no name)";
}

static void changed_params(const struct action *old, const struct action *new,
                           bool json)
{
    for (size_t i = 0; i < old->nparams; i++)
        if (!param_named(new, &old->params[i]))
            print_change(&(struct change){
                '-', old->name, name_of(&old->params[i]), NULL, json});
    for (size_t i = 0; i < new->nparams; i++) {
        const struct param *param = &new->params[i];
        const struct param *before = param_named(old, param);
        struct buf what = {0};

        if (before)
            compare_params(before, param, &what);
        if (!before || what.len)
            print_change(&(struct change){before ? '~' : '+', new->name,
                                          name_of(param), what.data, json});
        buf_free(&what);
    }
}

static void changed_action(const struct action *old, const struct action *new,
                           bool json)
{
    struct buf what = {0};

    note(&what, differ(old->command, new->command), "command");
    note(&what, old->kind != new->kind, "kind");
    note(&what, old->timeout != new->timeout, "time-out");
    if (what.len)
        print_change(&(struct change){'~', new->name, NULL, what.data, json});
    buf_free(&what);
    changed_params(old, new, json);
}

void changes_print(const struct plugin *old, const struct plugin *new,
                   bool json)
{
    for (size_t i = 0; i < old->nactions; i++)
        if (!plugin_action(new, old->actions[i].name, NULL))
            print_change(
                &(struct change){'-', old->actions[i].name, NULL, NULL, json});
    for (size_t i = 0; i < new->nactions; i++) {
        const struct action *action = &new->actions[i];
        const struct action *before = plugin_action(old, action->name, NULL);

        if (before)
            changed_action(before, action, json);
        else
            print_change(&(struct change){'+', action->name, NULL, NULL, json});
    }
}
