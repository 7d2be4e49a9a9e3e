#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

const struct option global_options[] = {
    {"--site", NULL, "DIR", "the site's folder (default: this one)", false},
    {"--json", NULL, NULL, "one JSON object a line, for programs", false},
    {"--help", "-h", NULL, "what a command does and takes", false},
    {"--version", NULL, NULL, "the version of this program", false},
    {NULL, NULL, NULL, NULL, false},
};

static bool spelled(const struct option *option, struct str name)
{
    return str_is(name, option->name) ||
           (option->alias && str_is(name, option->alias));
}

static const struct option *find(const struct option *options, struct str name)
{
    for (; options && options->name; options++)
        if (spelled(options, name))
            return options;
    return NULL;
}

/* Of the command, or where it is not known yet, of any. */
static const struct option *find_option(const struct command *command,
                                        struct str name)
{
    const struct option *option = find(global_options, name);

    if (option || command)
        return option ? option : find(command->options, name);
    for (size_t i = 0; commands[i] && !option; i++)
        option = find(commands[i]->options, name);
    return option;
}

/* One word of the command line, as far as it can be told without knowing the
 * command. */
struct token {
    bool is_option;
    struct str name;   /* without "=value" */
    const char *value; /* behind '=' or the next word; NULL: none */
    const char *word;
};

struct reader {
    char **next;
    bool ended; /* "--" was seen */
};

static bool read_token(struct reader *reader, const struct command *command,
                       struct token *token)
{
    const struct option *option;
    const char *equals;

    if (*reader->next && !reader->ended && !strcmp(*reader->next, "--")) {
        reader->ended = true;
        reader->next++;
    }
    if (!*reader->next)
        return false;
    memset(token, 0, sizeof *token);
    token->word = *reader->next++;
    /* "-" alone is stdin. */
    if (reader->ended || token->word[0] != '-' || !token->word[1])
        return true;
    token->is_option = true;
    token->name = str_of(token->word);
    equals = strchr(token->word, '=');
    if (equals) {
        token->name.len = (size_t)(equals - token->word);
        token->value = equals + 1;
        return true;
    }
    option = find_option(command, token->name);
    if (option && option->value && *reader->next)
        token->value = *reader->next++;
    return true;
}

enum { NAME_WORDS = 2 }; /* "plugin check" */

static size_t name_words(const struct command *command)
{
    return strchr(command->name, ' ') ? 2 : 1;
}

/* What may stand behind a first word that is no command by itself: "check,
 * import, pack" of "plugin". The caller frees it; NULL: nothing may. */
static char *second_words(const char *first)
{
    size_t len = strlen(first);
    struct buf words = {0};

    for (size_t i = 0; commands[i]; i++) {
        const char *name = commands[i]->name;

        if (!strncmp(name, first, len) && name[len] == ' ')
            buf_printf(&words, "%s%s", words.len ? ", " : "", name + len + 1);
    }
    return words.len ? buf_take(&words) : NULL;
}

static int incomplete_command(const char *first, const char *second,
                              const char *known, struct error *error)
{
    if (second)
        return error_set(error, ERROR_INVALID,
                         "unknown command \"%s %s\"; %s has %s", first, second,
                         first, known);
    return error_set(error, ERROR_INVALID,
                     "\"%s\" is half a command; it goes on with one of %s",
                     first, known);
}

static int unknown_command(const char *first, const char *second,
                           struct error *error)
{
    char *known = second_words(first);
    const char *names[64];
    const char *near;
    size_t len = 0;

    if (known) {
        incomplete_command(first, second, known, error);
        free(known);
        return ERROR_INVALID;
    }
    while (len < 64 && commands[len]) {
        names[len] = commands[len]->name;
        len++;
    }
    near = str_nearest(first, names, len);
    return error_set(error, ERROR_INVALID, "unknown command \"%s\"; %s%s%s",
                     first,
                     near ? "did you mean \"" : "riposte --help lists them",
                     near ? near : "", near ? "\"?" : "");
}

/* "help COMMAND" is "COMMAND --help". */
static int find_command(struct args *args, struct error *error)
{
    struct reader reader = {.next = args->argv + 1};
    const char *words[NAME_WORDS] = {NULL};
    size_t len = 0;
    struct token token;

    while (len < NAME_WORDS && read_token(&reader, NULL, &token)) {
        if (token.is_option)
            continue;
        if (!len && !args->help && !strcmp(token.word, "help"))
            args->help = true;
        else
            words[len++] = token.word;
    }
    if (!len)
        return 0;
    for (size_t i = 0; commands[i]; i++) {
        char *name = len > 1 && name_words(commands[i]) > 1
                         ? alloc_printf("%s %s", words[0], words[1])
                         : alloc_text(words[0]);
        bool same = !strcmp(name, commands[i]->name);

        free(name);
        if (same) {
            args->command = commands[i];
            return 0;
        }
    }
    return unknown_command(words[0], words[1], error);
}

static size_t add_names(const struct option *options, const char **names)
{
    size_t len = 0;

    for (; options && options->name; options++) {
        names[len++] = options->name;
        if (options->alias)
            names[len++] = options->alias;
    }
    return len;
}

static int unknown_option(const struct args *args, struct str name,
                          struct error *error)
{
    enum { NAMES_MAX = 64 }; /* twice the options of any command */
    const char *names[NAMES_MAX];
    size_t len = add_names(global_options, names);
    char *copy = str_copy(name);
    const char *near;

    if (args->command)
        len += add_names(args->command->options, names + len);
    /* Every letter is near to every other. */
    near = name.len > 2 ? str_nearest(copy, names, len) : NULL;
    error_set(error, ERROR_INVALID, "unknown option \"%s\"%s%s%s", copy,
              near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    free(copy);
    return ERROR_INVALID;
}

static int add_option(struct args *args, const struct token *token,
                      struct error *error)
{
    const struct option *option = find_option(args->command, token->name);

    if (!option ||
        (!args->command && option != find(global_options, token->name)))
        return unknown_option(args, token->name, error);
    if (!option->value && token->value)
        return error_set(error, ERROR_INVALID, "%s takes no value",
                         option->name);
    if (option->value && !(token->value && token->value[0]))
        return error_set(error, ERROR_INVALID, "%s needs a value: %s %s",
                         option->name, option->name, option->value);
    if (option->value && !option->repeated && args_has(args, option->name))
        return error_set(error, ERROR_INVALID, "%s is given twice",
                         option->name);
    args->given[args->ngiven++] =
        (struct given){.option = option, .value = token->value};
    return 0;
}

static int check_count(const struct args *args, struct error *error)
{
    const struct command *command = args->command;

    if (!command || args->help || args->version)
        return 0;
    if (args->len < command->min_args)
        return error_set(error, ERROR_INVALID,
                         "%s: arguments are missing, it takes %s",
                         command->name, command->arguments);
    if (args->len > command->max_args)
        return error_set(error, ERROR_INVALID,
                         "%s: one argument too many: \"%s\"", command->name,
                         args->items[command->max_args]);
    return 0;
}

int args_parse(struct args *args, char **argv, struct error *error)
{
    struct reader reader = {.next = argv + 1};
    struct token token;
    size_t count = 0, skip;
    int status;

    while (argv[count])
        count++;
    *args = (struct args){.site = ".", .argv = argv, .fd = -1};
    args->items = alloc_zeroed(count + 1, sizeof *args->items);
    args->given = alloc_zeroed(count + 1, sizeof *args->given);
    status = find_command(args, error);
    if (status)
        return status;
    skip =
        (args->help ? 1 : 0) + (args->command ? name_words(args->command) : 0);
    while (read_token(&reader, args->command, &token)) {
        if (token.is_option)
            status = add_option(args, &token, error);
        else if (skip)
            skip--;
        else
            args->items[args->len++] = token.word;
        if (status)
            return status;
    }
    args->json = args_has(args, "--json");
    args->help = args->help || args_has(args, "--help");
    args->version = args_has(args, "--version");
    if (args_has(args, "--site"))
        args->site = args_value(args, "--site");
    return check_count(args, error);
}

void args_free(struct args *args)
{
    free(args->items);
    free(args->given);
    memset(args, 0, sizeof *args);
}

bool args_has(const struct args *args, const char *option)
{
    for (size_t i = 0; i < args->ngiven; i++)
        if (!strcmp(args->given[i].option->name, option))
            return true;
    return false;
}

const char *args_value(const struct args *args, const char *option)
{
    for (size_t i = 0; i < args->ngiven; i++)
        if (!strcmp(args->given[i].option->name, option))
            return args->given[i].value;
    return NULL;
}

const char **args_values(const struct args *args, const char *option)
{
    const char **values = alloc_zeroed(args->ngiven + 1, sizeof *values);
    size_t len = 0;

    for (size_t i = 0; i < args->ngiven; i++)
        if (!strcmp(args->given[i].option->name, option))
            values[len++] = args->given[i].value;
    return values;
}
