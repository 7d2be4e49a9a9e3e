#include "cli/print.h"
#include "cli/show.h"

#include <string.h>

static const char *const kind_names[] = {"context", "remediation"};
static const char *const via_names[] = {"argv", "env", "stdin"};

/* ---- for programs ---------------------------------------------------- */

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
    print_words(out, "words", &param->switch_words);
    json_text(out, "type", type_names[param->type]);
    json_bool(out, "required", param->required);
    json_bool(out, "dash", param->dash);
    put_limit(out, "min", param->has_min, param->min);
    put_limit(out, "max", param->has_max, param->max);
    print_words(out, "values", &param->values);
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
    print_words(out, "program", &action->program);
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

void show_plugin_json(struct buf *buf, const struct plugin *plugin)
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

/* Is the Command that name, perhaps behind a path? */
static bool is_named(const char *command, const char *name)
{
    size_t len = strlen(command), tail = strlen(name);

    return len >= tail && !strcmp(command + len - tail, name) &&
           (len == tail || command[len - tail - 1] == '/');
}

/* What is started in the place of the Command, where that is another name or
 * has more words: a path of Windows, an alias. */
static void show_program(struct buf *buf, const struct action *action)
{
    const struct words *program = &action->program;
    const char *name;

    if (!program->len)
        return;
    name = strrchr(program->items[0], '/') + 1;
    if (program->len == 1 && is_named(action->command, name))
        return;
    buf_add_text(buf, "  starts");
    for (size_t i = 0; i < program->len; i++) {
        buf_add_byte(buf, ' ');
        print_word(buf, str_of(program->items[i]));
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
    show_program(buf, action);
    if (action->unavailable) {
        buf_add_text(buf, "  unavailable here: ");
        print_text(buf, action->unavailable);
        buf_add_byte(buf, '\n');
    }
    for (size_t i = 0; i < action->nparams; i++)
        if (!action->params[i].constant)
            show_param(buf, &action->params[i]);
}

void show_plugin_text(struct buf *buf, const struct plugin *plugin)
{
    print_text(buf, plugin->name);
    buf_printf(buf, ", version %ld\n", plugin->version);
    print_text(buf, plugin->where);
    buf_add_byte(buf, '\n');
    for (size_t i = 0; i < plugin->nactions; i++)
        show_action(buf, &plugin->actions[i]);
    print_out(buf);
}
