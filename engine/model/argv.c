#include "model/argv.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

struct values values_new(const struct action *action)
{
    struct values values = {.len = action->nparams};

    values.items = alloc_zeroed(values.len, sizeof *values.items);
    return values;
}

static void put(struct value *value, struct str text)
{
    free(value->text);
    free(value->secret);
    value->secret = NULL;
    value->text = str_copy(text);
    value->len = text.len;
}

void values_set(struct values *values, size_t index, struct str text)
{
    struct value *value = &values->items[index];

    put(value, text);
    value->given = true;
    value->preset = false;
}

void values_set_secret(struct values *values, size_t index, const char *name)
{
    struct value *value = &values->items[index];

    free(value->text);
    free(value->secret);
    *value = (struct value){.given = true, .secret = alloc_text(name)};
}

void values_free(struct values *values)
{
    for (size_t i = 0; i < values->len; i++) {
        free(values->items[i].text);
        free(values->items[i].secret);
    }
    free(values->items);
    *values = (struct values){0};
}

struct values values_copy(const struct values *values)
{
    struct values copy = {.len = values->len};

    copy.items = alloc_zeroed(copy.len, sizeof *copy.items);
    for (size_t i = 0; i < copy.len; i++) {
        const struct value *from = &values->items[i];

        copy.items[i] = *from;
        if (from->text)
            copy.items[i].text = alloc_copy(from->text, from->len);
        copy.items[i].secret = alloc_text(from->secret);
    }
    return copy;
}

/* One command line under way. */
struct build {
    const struct action *action;
    struct argv *argv;
    size_t total; /* bytes of words, environment and input, with their NULs */
    size_t cap;   /* of argv->secret */
};

static void add(struct build *build, const char *word, bool secret)
{
    struct argv *argv = build->argv;

    argv->secret = alloc_grown(argv->secret, argv->words.len, &build->cap,
                               sizeof *argv->secret);
    argv->secret[argv->words.len] = secret;
    words_add(&argv->words, word);
    build->total += strlen(word) + 1;
}

static void add_switch(struct build *build, const struct param *param)
{
    for (size_t i = 0; i < param->switch_words.len; i++)
        add(build, param->switch_words.items[i], false);
}

/* 1: true, 0: false, negative: neither. */
static int flag_value(struct str text)
{
    static const char *const yes[] = {"true", "1", "yes"};
    static const char *const no[] = {"false", "0", "no", ""};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (str_same_nocase(text, str_of(yes[i])))
            return 1;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (str_same_nocase(text, str_of(no[i])))
            return 0;
    return -1;
}

static int add_flag(struct build *build, const struct param *param,
                    struct str text, struct error *error)
{
    int flag = flag_value(text);

    if (flag < 0)
        return error_set(error, ERROR_INVALID, "%s: a flag is true or false",
                         param->name);
    if (flag)
        add_switch(build, param);
    return 0;
}

static void add_via(struct build *build, const struct param *param,
                    struct str text)
{
    struct argv *argv = build->argv;
    char *pair;

    build->total += text.len + 1;
    if (param->via == VIA_STDIN) {
        free(argv->input);
        argv->input = str_copy(text);
        argv->input_len = text.len;
        return;
    }
    pair = alloc_printf("%s=%s", param->via_name, text.data);
    words_add(&argv->env, pair);
    build->total += strlen(param->via_name) + 1;
    free(pair);
}

/* Refuses a value that cannot be one harmless argument. */
static int check(const struct param *param, struct str text, bool preset,
                 struct error *error)
{
    if (text.len > ARGV_VALUE_MAX)
        return error_set(error, ERROR_LIMIT,
                         "%s: %zu bytes, more than the %d that a value may "
                         "have",
                         param->name, text.len, ARGV_VALUE_MAX);
    if (text.len && memchr(text.data, '\0', text.len))
        return error_set(error, ERROR_INVALID, "%s: holds a NUL byte",
                         param->name);
    if (text.len && text.data[0] == '-' && !param->dash && !preset)
        return error_set(error, ERROR_INVALID,
                         "%s: begins with '-', so the program could take it "
                         "for an option; Dash=\"true\" in the overlay allows "
                         "it",
                         param->name);
    return 0;
}

/* The words that stand for a secret until it is looked up. */
static int add_secret(struct build *build, const struct param *param,
                      const char *name, struct error *error)
{
    struct argv *argv = build->argv;
    struct secret_reference reference = {.dash = param->dash,
                                         .name = alloc_text(name)};

    if (param->via != VIA_ARGV) {
        add_via(build, param, str_of("***"));
        reference.place = param->via == VIA_ENV ? SECRET_ENV : SECRET_STDIN;
        reference.index = param->via == VIA_ENV ? argv->env.len - 1 : 0;
    } else {
        add_switch(build, param);
        add(build, "***", true);
        reference.place = SECRET_ARGV;
        reference.index = argv->words.len - 1;
    }
    argv->references =
        alloc_grown(argv->references, argv->nreferences, &argv->references_cap,
                    sizeof *argv->references);
    argv->references[argv->nreferences++] = reference;
    if (argv->nreferences > SECRET_REFERENCES_MAX)
        return error_set(error, ERROR_LIMIT, "%s: more than %d secrets",
                         param->name, SECRET_REFERENCES_MAX);
    return 0;
}

static int add_input(struct build *build, const struct param *param,
                     const struct value *value, struct error *error)
{
    struct str text = {.data = value->text ? value->text : "",
                       .len = value->len};
    int code;

    if (value->secret)
        return add_secret(build, param, value->secret, error);
    code = check(param, text, value->preset, error);
    if (code < 0)
        return code;
    if (param->encrypted && text.len)
        words_add(&build->argv->hide, text.data);
    if (param->via != VIA_ARGV) {
        add_via(build, param, text);
    } else if (param->type == TYPE_FLAG) {
        return add_flag(build, param, text, error);
    } else if (text.len || !build->action->empty_omitted ||
               !param->switch_words.len) {
        add_switch(build, param);
        add(build, text.data, param->encrypted);
    }
    return 0;
}

static int build_all(struct build *build, const struct values *values,
                     struct error *error)
{
    const struct action *action = build->action;

    add(build, action->command, false);
    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *param = &action->params[i];
        int code = 0;

        if (param->constant)
            add_switch(build, param);
        else
            code = add_input(build, param, &values->items[i], error);
        if (code < 0)
            return code;
        if (build->total > ARGV_TOTAL_MAX)
            return error_set(error, ERROR_LIMIT,
                             "%s: the command line has more than %d bytes",
                             param->name, ARGV_TOTAL_MAX);
    }
    return 0;
}

int argv_build(const struct action *action, const struct values *values,
               struct argv *argv, struct error *error)
{
    struct build build = {.action = action, .argv = argv};
    int code;

    *argv = (struct argv){0};
    code = build_all(&build, values, error);
    if (code < 0)
        argv_free(argv);
    return code;
}

void argv_free(struct argv *argv)
{
    words_free(&argv->words);
    words_free(&argv->env);
    words_free(&argv->hide);
    for (size_t i = 0; i < argv->nreferences; i++)
        free(argv->references[i].name);
    free(argv->references);
    free(argv->secret);
    free(argv->input);
    *argv = (struct argv){0};
}

struct words argv_program(const struct action *action, const struct argv *argv)
{
    struct words words = {0};

    for (size_t i = 0; i < action->program.len; i++)
        words_add(&words, action->program.items[i]);
    for (size_t i = 1; i < argv->words.len; i++)
        words_add(&words, argv->words.items[i]);
    return words;
}

/* Reads a run of backslashes and what follows it into the word; a quote that
 * is not escaped switches `inside`. Returns the index behind. */
static size_t backslashes(const char *text, size_t at, struct buf *word,
                          bool *inside)
{
    size_t count = strspn(text + at, "\\");
    bool quote = text[at + count] == '"';

    for (size_t i = 0; i < (quote ? count / 2 : count); i++)
        buf_add_byte(word, '\\');
    at += count;
    if (!quote)
        return at;
    if (count % 2)
        buf_add_byte(word, '"');
    else if (*inside && text[at + 1] == '"')
        buf_add_byte(word, text[at++]);
    else
        *inside = !*inside;
    return at + 1;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

struct words argv_split(const char *text)
{
    struct words words = {0};
    size_t at = strspn(text, " \t");

    while (text[at]) {
        struct buf word = {0};
        bool inside = false;
        char *item;

        while (text[at] && (inside || !blank(text[at]))) {
            if (text[at] == '\\' || text[at] == '"')
                at = backslashes(text, at, &word, &inside);
            else
                buf_add_byte(&word, text[at++]);
        }
        item = buf_take(&word);
        words_add(&words, item);
        free(item);
        at += strspn(text + at, " \t");
    }
    return words;
}
