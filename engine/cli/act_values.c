#include "base/alloc.h"
#include "base/log.h"
#include "cli/act.h"
#include "cli/print.h"
#include "cli/secret_given.h"
#include "exec/store.h"
#include "gate/check.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SHOWN = 60 }; /* bytes of a default in its prompt */

/* ---- what Tab offers --------------------------------------------------- */

/* Texts of the alarm's fields, and their names, for as long as is asked. */
struct fields {
    struct choice *items;
    size_t len;
    char **owned; /* 2 * len */
};

static void add_field(struct fields *fields, struct str name,
                      const struct json *value)
{
    struct choice *choice = &fields->items[fields->len];
    char *text;

    if (!value || value->type == JSON_NULL)
        return;
    text = alarm_text(value, &choice->len);
    fields->owned[2 * fields->len] = str_copy(name);
    fields->owned[2 * fields->len + 1] = text;
    choice->name = fields->owned[2 * fields->len];
    choice->text = text;
    fields->len++;
}

static struct fields fields_of(const struct alarm *alarm)
{
    static const char id[] = "AlarmId";
    const struct json *object = alarm ? alarm->fields : NULL;
    size_t count = object ? object->as.list.len : 0;
    struct fields fields = {0};
    bool has_id = false;

    fields.items = alloc_zeroed(count + 1, sizeof *fields.items);
    fields.owned = alloc_zeroed(2 * (count + 1), sizeof *fields.owned);
    for (size_t i = 0; i < count; i++) {
        const struct json *item = &object->as.list.items[i];

        add_field(&fields, item->key, item);
        has_id = has_id || str_is(item->key, id);
    }
    if (alarm && !has_id)
        add_field(&fields, str_of(id), alarm_get(alarm, str_of(id)));
    return fields;
}

static void fields_free(struct fields *fields)
{
    for (size_t i = 0; i < 2 * fields->len; i++)
        free(fields->owned[i]);
    free(fields->owned);
    free(fields->items);
}

/* The words that a parameter takes, where it takes no others. free() it. */
static struct choice *words_of(const struct param *param, size_t *len)
{
    static const char *const flags[] = {"true", "false"};
    bool flag = param->type == TYPE_FLAG;
    struct choice *items;

    *len = flag ? 2 : param->type == TYPE_ENUM ? param->values.len : 0;
    items = alloc_zeroed(*len + 1, sizeof *items);
    for (size_t i = 0; i < *len; i++)
        items[i].name = flag ? flags[i] : param->values.items[i];
    return items;
}

/* The site's secrets as answers, "secret:NAME". */
static struct fields secrets_of(const struct set *set)
{
    struct store_list list = {0};
    struct fields secrets = {0};

    /* What cannot be listed is not offered; it can be named all the same. */
    if (store_list(set->settings->secrets, &list, NULL))
        list.len = 0;
    secrets.items = alloc_zeroed(list.len + 1, sizeof *secrets.items);
    secrets.owned = alloc_zeroed(2 * (list.len + 1), sizeof *secrets.owned);
    for (; secrets.len < list.len; secrets.len++) {
        char *name = alloc_printf("secret:%s", list.items[secrets.len].name);

        secrets.owned[2 * secrets.len] = name;
        secrets.items[secrets.len].name = name;
    }
    store_list_free(&list);
    return secrets;
}

/* ---- one parameter ----------------------------------------------------- */

static void add_words(struct buf *buf, const struct choice *words, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf_add_text(buf, i ? "|" : "");
        print_text(buf, words[i].name);
    }
}

/* "Address (ip, required) [198.51.100.7]: " */
static void add_prompt(struct buf *buf, const struct param *param,
                       const struct choice *words, size_t nwords,
                       const struct value *preset)
{
    bool typed = param->type != TYPE_UNTYPED;

    print_text(buf, param->name);
    if (typed || param->required || param->encrypted) {
        buf_add_text(buf, " (");
        if (nwords)
            add_words(buf, words, nwords);
        else
            buf_add_text(buf, param->encrypted ? "hidden"
                              : typed          ? type_names[param->type]
                                               : "");
        if (param->required)
            buf_add_text(buf,
                         typed || param->encrypted ? ", required" : "required");
        buf_add_byte(buf, ')');
    }
    if (preset->secret) {
        buf_printf(buf, " [secret:%s]", preset->secret);
    } else if (preset->len) {
        buf_add_text(buf, " [");
        if (param->encrypted)
            buf_add_text(buf, "***");
        else
            print_front(buf, (struct str){preset->text, preset->len},
                        DEFAULT_SHOWN);
        buf_add_byte(buf, ']');
    }
    buf_add_text(buf, ": ");
}

/* What an answer stands for: "" in quotes is the empty value, and the words
 * of an enum may be cut short or numbered. */
static const char *meaning(const char *answer, const struct choice *words,
                           size_t nwords)
{
    size_t index;

    if (!strcmp(answer, "\"\""))
        return "";
    if (nwords &&
        choice_find(words, nwords, str_of(answer), &index) == CHOICE_ONE)
        return words[index].name;
    return answer;
}

static bool say_why_not(const char *reason)
{
    struct buf buf = {0};

    buf_add_text(&buf, "  ");
    print_text(&buf, reason);
    buf_add_byte(&buf, '\n');
    ask_say(&buf);
    buf_free(&buf);
    return false;
}

static bool fits(const struct param *param, const struct value *value)
{
    struct error error;

    return !check_input(param, value, &error) || say_why_not(error.text);
}

/* One parameter under way. */
struct asking {
    struct ask *ask;
    const struct set *set;
    struct request *request; /* that the answer goes to */
    size_t index;            /* of the parameter */
    const struct param *param;
    const struct value *preset;
    bool later; /* the answer is kept: it may be no encrypted text */
    const struct choice *words;
    size_t nwords;
};

static bool set_value(const struct asking *asking, const char *text)
{
    const struct value *value = &asking->request->values.items[asking->index];
    struct error error;

    if (secret_given(asking->set, asking->request, asking->index, text, &error))
        return say_why_not(error.text);
    if (asking->later && asking->param->encrypted && !value->secret)
        return say_why_not("text cannot be kept until later: store it with "
                           "riposte secret set NAME, and answer secret:NAME");
    return fits(asking->param, value);
}

/* The default stays one, so that what the manifest says itself keeps its
 * rights (it may begin with '-'). */
static bool take(const struct asking *asking, const char *answer)
{
    if (!answer[0])
        return fits(asking->param, asking->preset);
    if (set_value(asking, meaning(answer, asking->words, asking->nwords)))
        return true;
    values_set(&asking->request->values, asking->index, str_of(""));
    asking->request->values.items[asking->index].given = false;
    return false;
}

static enum act_asked ask_until_it_fits(const struct asking *asking,
                                        const struct ask_question *question)
{
    for (;;) {
        char *answer = ask_line(asking->ask, question);
        bool taken;

        if (!answer)
            return ACT_LEFT;
        taken = take(asking, answer);
        explicit_bzero(answer, strlen(answer));
        free(answer);
        if (taken)
            return ACT_ASKED;
    }
}

static enum act_asked ask_value(struct asking *asking,
                                const struct fields *fields)
{
    const struct param *param = asking->param;
    struct choice *words = words_of(param, &asking->nwords);
    struct buf prompt = {0};
    struct ask_question question = {
        .choices = asking->nwords ? words : fields->items,
        .nchoices = asking->nwords ? asking->nwords : fields->len,
        .hidden = param->encrypted,
    };
    enum act_asked asked;

    asking->words = words;
    add_prompt(&prompt, param, words, asking->nwords, asking->preset);
    question.prompt = prompt.data;
    asked = ask_until_it_fits(asking, &question);
    buf_free(&prompt);
    free(words);
    return asked;
}

/* ---- all of them ------------------------------------------------------- */

static void say_how(const struct alarm *alarm, const struct fields *secrets)
{
    struct buf buf = {0};

    buf_printf(&buf,
               "  Enter takes what stands in brackets, \"\" is the empty "
               "value%s%s; ^C leaves.\n",
               alarm ? ", Tab completes the alarm's fields" : "",
               secrets->len ? ", secret:NAME is a secret that is set" : "");
    ask_say(&buf);
    buf_free(&buf);
}

enum act_asked act_ask_values(struct ask *ask, const struct set *set,
                              struct request *request,
                              const struct alarm *alarm, bool later)
{
    const struct action *action = request->action;
    struct values presets = values_new(action);
    struct fields fields = fields_of(alarm), secrets = secrets_of(set);
    enum act_asked asked = ACT_ASKED;
    bool said = false;

    values_default(&presets, action, alarm);
    for (size_t i = 0; i < action->nparams && asked == ACT_ASKED; i++) {
        struct asking asking = {.ask = ask,
                                .set = set,
                                .request = request,
                                .index = i,
                                .param = &action->params[i],
                                .preset = &presets.items[i],
                                .later = later};

        if (asking.param->constant || request->values.items[i].given)
            continue;
        if (!said)
            say_how(alarm, &secrets);
        said = true;
        asked =
            ask_value(&asking, asking.param->encrypted ? &secrets : &fields);
    }
    fields_free(&secrets);
    fields_free(&fields);
    values_free(&presets);
    return asked;
}
