#include "cli/act.h"
#include "cli/print.h"

/* A default of the manifest needs no word; one of the alarm does, as the
 * alarm is not named again. */
static bool left_out(const struct param *param, const struct value *value,
                     bool given)
{
    if (value->secret)
        return !given;
    if (param->constant || param->encrypted)
        return true;
    return !given && (value->preset || !value->len);
}

static void add_param(struct buf *buf, const struct param *param,
                      const struct value *value)
{
    struct buf word = {0};

    buf_add_text(&word, param->slug ? param->slug : param->name);
    buf_add_byte(&word, '=');
    if (value->secret)
        buf_printf(&word, "secret:%s", value->secret);
    else
        buf_add_str(&word, (struct str){value->text, value->len});
    buf_add_text(buf, " -p ");
    print_shell(buf, buf_str(&word));
    buf_free(&word);
}

static void add_option(struct buf *buf, const struct args *args,
                       const char *name)
{
    const char *value = args_value(args, name);

    if (!args_has(args, name))
        return;
    buf_printf(buf, " %s", name);
    if (value) {
        buf_add_byte(buf, ' ');
        print_shell(buf, str_of(value));
    }
}

void act_again(struct buf *buf, const struct args *args,
               const struct request *request, const struct alarm *alarm)
{
    const struct action *action = request->action;
    struct values values = values_copy(&request->values);
    bool secret = false;

    values_default(&values, action, alarm);
    buf_add_text(buf, "riposte act ");
    print_shell(buf, str_of(action->plugin->name));
    buf_add_byte(buf, ' ');
    print_shell(buf, str_of(action->name));
    for (size_t i = 0; i < action->nparams; i++) {
        bool given = request->values.items[i].given;

        secret = secret || (given && action->params[i].encrypted &&
                            !values.items[i].secret);
        if (!left_out(&action->params[i], &values.items[i], given))
            add_param(buf, &action->params[i], &values.items[i]);
    }
    add_option(buf, args, "--at");
    add_option(buf, args, "--dry-run");
    add_option(buf, args, "--json");
    add_option(buf, args, "--site");
    if (secret)
        buf_add_text(buf, " --ask");
    buf_add_byte(buf, '\n');
    values_free(&values);
}
