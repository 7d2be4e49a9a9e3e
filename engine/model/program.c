#include "model/catalogue.h"

#include "base/alloc.h"
#include "model/payload.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What a Command starts on this host. LogRhythm runs plugins on Windows, so
 * most Commands name a Windows program, often by a path that no UNIX host
 * has: for those the last part of the path decides, without case.
 *
 * To teach the engine another interpreter, add a line here. Its scripts are
 * looked for in the payload folder before an action counts as available.
 */
const struct interpreter interpreter_table[] = {
    {"powershell.exe",
     "pwsh",
     {"-NoLogo", "-NonInteractive", "-NoProfile", NULL}},
    {"powershell", "pwsh", {"-NoLogo", "-NonInteractive", "-NoProfile", NULL}},
    {"pwsh.exe", "pwsh", {"-NoLogo", "-NonInteractive", "-NoProfile", NULL}},
    {"pwsh", "pwsh", {"-NoLogo", "-NonInteractive", "-NoProfile", NULL}},
    {"python.exe", "python3", {NULL}},
    {"python", "python3", {NULL}},
    {"python3.exe", "python3", {NULL}},
    {"python3", "python3", {NULL}},
    {"perl.exe", "perl", {NULL}},
    {"perl", "perl", {NULL}},
    {"lua", "lua5.4", {NULL}},
    {"lua5.4", "lua5.4", {NULL}},
    {"sh", "sh", {NULL}},
    {"bash.exe", "bash", {NULL}},
    {"bash", "bash", {NULL}},
    {"cmd.exe", NULL, {NULL}},
    {"cmd", NULL, {NULL}},
};
const size_t interpreter_count =
    sizeof interpreter_table / sizeof *interpreter_table;

static const char *const script_ends[] = {".ps1", ".py", ".pl", ".sh",
                                          ".lua", ".rb", ".js"};
static const char *const batch_ends[] = {".bat", ".cmd"};

static bool ends_with(const char *text, const char *const *ends, size_t count)
{
    struct str name = str_of(text);

    for (size_t i = 0; i < count; i++) {
        struct str end = str_of(ends[i]);
        struct str tail = {.data = name.data + name.len - end.len,
                           .len = end.len};

        if (name.len > end.len && str_same_nocase(tail, end))
            return true;
    }
    return false;
}

/* Behind the last separator, of Windows or UNIX. */
static const char *last_part(const char *command)
{
    const char *part = command;

    for (const char *at = command; *at; at++)
        if (*at == '/' || *at == '\\')
            part = at + 1;
    return part;
}

static bool plain_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool executable(const char *path)
{
    return plain_file(path) && access(path, X_OK) == 0;
}

/* A relative folder would change with the working folder, so it is passed
 * over. */
char *program_on_path(const char *path, const char *name)
{
    while (*path) {
        size_t len = strcspn(path, ":");
        char *file = alloc_printf("%.*s/%s", (int)len, path, name);

        if (*path == '/' && executable(file))
            return file;
        free(file);
        path += len + (path[len] == ':');
    }
    return NULL;
}

const struct interpreter *interpreter_find(const char *command)
{
    struct str part = str_of(last_part(command));

    for (size_t i = 0; i < interpreter_count; i++)
        if (str_same_nocase(part, str_of(interpreter_table[i].command)))
            return &interpreter_table[i];
    return NULL;
}

/* cmd.exe takes its arguments for a command line and parses it again, so no
 * quoting keeps a value out of it; batch files run in it. */
static char *refusal(const char *command)
{
    const struct interpreter *known = interpreter_find(command);

    if ((known && !known->program) || ends_with(command, batch_ends, 2))
        return alloc_printf("%s is refused: cmd.exe would parse the values "
                            "again, as a command",
                            last_part(command));
    return NULL;
}

static bool bare(const char *command)
{
    return last_part(command) == command;
}

static char *in_folder(const struct action *action, const char *name)
{
    return alloc_printf("%s/%s", action->plugin->folder, name);
}

/* The payload's file that the Command means, or NULL. */
static char *payload_file(const struct action *action)
{
    char *name = payload_find(action->plugin->folder, action->command);
    char *file = name ? in_folder(action, name) : NULL;

    free(name);
    return file;
}

static char *payload_program(const struct action *action)
{
    char *file = payload_file(action);

    if (file && executable(file))
        return file;
    free(file);
    return NULL;
}

/* The program's absolute path, or NULL; `known` is the line of the table
 * that it is an interpreter by, or NULL. */
static char *find_program(const struct action *action, const char *path,
                          const struct interpreter **known)
{
    const char *command = action->command;
    char *file;

    *known = NULL;
    file = bare(command) ? payload_program(action) : NULL;
    if (file)
        return file;
    *known = interpreter_find(command);
    if (*command == '/' && executable(command))
        return alloc_text(command);
    if (*known)
        return program_on_path(path, (*known)->program);
    return bare(command) ? program_on_path(path, command)
                         : payload_program(action);
}

/* Why no program was found. */
static char *no_program(const struct action *action,
                        const struct interpreter *known)
{
    const char *command = action->command;
    char *file, *reason;

    if (known && !str_is(str_of(command), known->program))
        return alloc_printf("%s, which stands for %s here, is not on PATH",
                            known->program, last_part(command));
    file = payload_file(action);
    if (file)
        reason = alloc_printf("%s is not executable", file);
    else if (bare(command))
        reason = alloc_printf("%s is neither in %s nor on PATH", command,
                              action->plugin->folder);
    else
        reason = alloc_printf("there is no program %s", command);
    free(file);
    return reason;
}

/* The script that an interpreter is to run: the first constant word that
 * looks like one, or NULL. */
static char **script_of(const struct action *action)
{
    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *param = &action->params[i];

        for (size_t j = 0; param->constant && j < param->switch_words.len; j++)
            if (ends_with(param->switch_words.items[j], script_ends,
                          sizeof script_ends / sizeof *script_ends))
                return &param->switch_words.items[j];
    }
    return NULL;
}

static bool script_there(const struct action *action, const char *script)
{
    char *file =
        *script == '/' ? alloc_text(script) : in_folder(action, script);
    bool there = plain_file(file);

    free(file);
    return there;
}

/* Puts the script's name on the command line as the payload spells it. Why
 * the interpreter could not run it, or NULL. */
static char *no_script(const struct action *action)
{
    char **script = script_of(action);
    char *found;

    if (!script || script_there(action, *script))
        return NULL;
    found = payload_find(action->plugin->folder, *script);
    if (!found)
        return alloc_printf("script %s is missing in %s", *script,
                            action->plugin->folder);
    free(*script);
    *script = found;
    return NULL;
}

/* What is missing, or NULL. An author who lacks the interpreter hears of a
 * missing script too. */
static char *missing(const struct action *action, const char *program,
                     const struct interpreter *known)
{
    char *first = program ? NULL : no_program(action, known);
    char *second = known ? no_script(action) : NULL;
    char *both;

    if (!first || !second)
        return first ? first : second;
    both = alloc_printf("%s; %s", first, second);
    free(first);
    free(second);
    return both;
}

/* What the manifest asks for and cannot have, or NULL. */
static char *unfit(const struct action *action)
{
    for (size_t i = 0; i < action->nparams; i++)
        if (action->params[i].unfit)
            return alloc_text(action->params[i].unfit);
    return NULL;
}

static void action_resolve(struct action *action, const char *path)
{
    const struct interpreter *known;
    char *program;

    words_free(&action->program);
    free(action->unavailable);
    action->unavailable = refusal(action->command);
    if (!action->unavailable)
        action->unavailable = unfit(action);
    if (action->unavailable)
        return;
    program = find_program(action, path, &known);
    action->unavailable = missing(action, program, known);
    if (!action->unavailable) {
        words_add(&action->program, program);
        for (size_t i = 0; known && known->words[i]; i++)
            words_add(&action->program, known->words[i]);
    }
    free(program);
}

void plugin_resolve(struct plugin *plugin, const char *path)
{
    for (size_t i = 0; i < plugin->nactions; i++)
        action_resolve(&plugin->actions[i], path);
}

void catalogue_resolve(struct catalogue *catalogue, const char *path)
{
    for (size_t i = 0; i < catalogue->len; i++)
        plugin_resolve(catalogue->plugins[i], path);
}
