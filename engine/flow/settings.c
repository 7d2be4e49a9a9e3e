#include "flow/settings_inner.h"

#include "base/alloc.h"
#include "gate/lane.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PATH                                                           \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int take_path(struct settings *settings, const struct json *value,
                     const char *site, struct error *error)
{
    const char *at;

    (void)site;
    if (!settings_plain(value) || !value->as.text.len)
        return settings_wrong(value, error,
                              "folders parted by ':', as in $PATH");
    free(settings->path);
    settings->path = str_copy(value->as.text);
    for (at = settings->path; at; at = strchr(at, ':')) {
        at += *at == ':';
        if (*at != '/')
            return settings_wrong(
                value, error,
                "absolute folders: a relative one would depend on "
                "where riposte was started");
    }
    return 0;
}

static int take_lanes(struct settings *settings, const struct json *value,
                      const char *site, struct error *error)
{
    (void)site;
    if (value->type != JSON_INT || value->as.integer < 1 ||
        value->as.integer > SETTINGS_LANES_MAX)
        return settings_wrong(value, error, "a whole number from 1 to 1024");
    settings->lanes = value->as.integer;
    return 0;
}

static int take_place(char **place, const struct json *value, const char *site,
                      const char *wanted, struct error *error)
{
    struct str path;

    if (!settings_plain(value) || !value->as.text.len)
        return settings_wrong(value, error, wanted);
    path = value->as.text;
    free(*place);
    *place = path.data[0] == '/'
                 ? str_copy(path)
                 : alloc_printf("%s/%.*s", site, (int)path.len, path.data);
    return 0;
}

static int take_state(struct settings *settings, const struct json *value,
                      const char *site, struct error *error)
{
    return take_place(&settings->state, value, site, "a folder's path", error);
}

static int take_control(struct settings *settings, const struct json *value,
                        const char *site, struct error *error)
{
    return take_place(&settings->control, value, site, "a socket's path",
                      error);
}

static int take_watch(struct settings *settings, const struct json *value,
                      const char *site, struct error *error)
{
    (void)site;
    if (value->type != JSON_BOOL)
        return settings_wrong(value, error, "true or false");
    settings->watch = value->as.boolean;
    return 0;
}

static int take_roles(struct settings *settings, const struct json *value,
                      const char *site, struct error *error)
{
    (void)site;
    return roles_take(&settings->roles, value, error);
}

/* What an environment variable may be called (POSIX, 8.1), and none that the
 * engine sets itself. */
static bool variable(struct str name)
{
    static const char *const ours[] = {"PATH", "LANG", "TMPDIR"};

    if (!name.len || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (str_is(name, ours[i]))
            return false;
    return name.len < 8 || memcmp(name.data, "RIPOSTE_", 8) != 0;
}

static int take_variables(struct settings_env *env, const struct json *value,
                          struct error *error)
{
    for (size_t i = 0; i < value->as.list.len; i++) {
        const struct json *item = &value->as.list.items[i];
        char *word;

        if (!variable(item->key))
            return settings_wrong(
                item, error,
                "variable names of letters, digits and '_', other "
                "than PATH, LANG, TMPDIR and RIPOSTE_…");
        if (!settings_plain(item))
            return settings_wrong(item, error, "a text for each variable");
        word = alloc_printf("%.*s=%.*s", (int)item->key.len, item->key.data,
                            (int)item->as.text.len, item->as.text.data);
        words_add(&env->words, word);
        free(word);
    }
    return 0;
}

/* A Lua table without members cannot be told from an empty list. */
static bool object(const struct json *value)
{
    return value->type == JSON_OBJECT ||
           (value->type == JSON_ARRAY && !value->as.list.len);
}

static int take_env(struct settings *settings, const struct json *value,
                    const char *site, struct error *error)
{
    static const char usage[] = "{ [\"PLUGIN\"] = { NAME = \"value\" } }";
    int err = 0;

    (void)site;
    if (!object(value))
        return settings_wrong(value, error, usage);
    settings->env = alloc_zeroed(value->as.list.len, sizeof *settings->env);
    for (size_t i = 0; i < value->as.list.len && !err; i++) {
        const struct json *item = &value->as.list.items[i];
        struct settings_env *env = &settings->env[settings->nenv++];

        env->plugin = str_copy(str_trim(item->key));
        env->line = item->line;
        err = object(item) ? take_variables(env, item, error)
                           : settings_wrong(item, error, usage);
    }
    return err;
}

static int take_allow(struct settings *settings, const struct json *value,
                      const char *site, struct error *error)
{
    static const char usage[] = "a list of \"PLUGIN\" or \"PLUGIN/ACTION\"";

    (void)site;
    if (value->type != JSON_ARRAY)
        return settings_wrong(value, error, usage);
    settings->allow = alloc_zeroed(value->as.list.len, sizeof *settings->allow);
    for (size_t i = 0; i < value->as.list.len; i++) {
        const struct json *item = &value->as.list.items[i];
        struct settings_allow *allow = &settings->allow[settings->nallow];

        if (!settings_plain(item))
            return settings_wrong(item, error, usage);
        allow->name = str_copy(str_trim(item->as.text));
        allow->line = item->line;
        settings->nallow++;
    }
    return 0;
}

static int take_intake(struct settings *settings, const struct json *value,
                       const char *site, struct error *error)
{
    return intake_entries_take(&settings->intake, value, site, error);
}

static int take_secret_command(struct settings *settings,
                               const struct json *value, const char *site,
                               struct error *error)
{
    static const char usage[] = "a list of texts: an absolute program and its "
                                "arguments";

    (void)site;
    if (value->type != JSON_ARRAY || !value->as.list.len ||
        value->as.list.len > SETTINGS_COMMAND_MAX)
        return settings_wrong(value, error, usage);
    for (size_t i = 0; i < value->as.list.len; i++) {
        const struct json *item = &value->as.list.items[i];
        char *word;

        if (!settings_plain(item) ||
            (!i && (!item->as.text.len || item->as.text.data[0] != '/')))
            return settings_wrong(item, error, usage);
        word = str_copy(item->as.text);
        words_add(&settings->secret_command, word);
        free(word);
    }
    return 0;
}

const struct setting settings_table[] = {
    {"path", "folders parted by ':'", DEFAULT_PATH,
     "where a Command and the interpreters are looked for; also the PATH in "
     "an action's environment",
     take_path},
    {"lanes", "1 to 1024", "64",
     "how many actions run at once, over all plugins", take_lanes},
    {"state", "folder", "state",
     "where the journal, the quarantine and the plugins' own files are; "
     "relative to the site",
     take_state},
    {"secret_command", "list", "none",
     "a program and its arguments, with the secret's name behind them: it "
     "prints a secret that state/secrets does not hold",
     take_secret_command},
    {"env", "table", "none",
     "variables for the actions of one plugin: env[PLUGIN][NAME] = value",
     take_env},
    {"allow_unavailable", "list", "none",
     "\"PLUGIN\" or \"PLUGIN/ACTION\" that policies may bind although its "
     "interpreter or script is missing here",
     take_allow},
    {"watch", "true or false", "true",
     "does serve load the site anew when its files change?", take_watch},
    {"control", "path", "state/control.sock",
     "the socket on which serve does what people ask it to", take_control},
    {"roles", "table", "none",
     "who may do what there: viewer, operator, approver, admin", take_roles},
    {"index", "list", "{ \"SIP\", \"Login\" }",
     "fields by whose value riposte.past finds alarms; at most 8",
     settings_take_index},
    {"intake", "list", "none",
     "where the alarms of serve come from: sockets and followed files, each "
     "with its source",
     take_intake},
    {"keep", "table", "{ days = 90, size = \"4GiB\" }",
     "how long the journal keeps what is over, and up to which size",
     settings_take_keep},
    {"verify", "list", "none",
     "of which leases Verify is asked by a timer, how often, and whether "
     "drift is put right",
     settings_take_verify},
};
const size_t settings_count = sizeof settings_table / sizeof *settings_table;

static const struct setting *find(struct str key)
{
    for (size_t i = 0; i < settings_count; i++)
        if (str_is(key, settings_table[i].name))
            return &settings_table[i];
    return NULL;
}

static int unknown(const struct json *item, struct error *error)
{
    const char *names[sizeof settings_table / sizeof *settings_table];

    for (size_t i = 0; i < settings_count; i++)
        names[i] = settings_table[i].name;
    return settings_unknown(item, "no setting is called", names, settings_count,
                            error);
}

/* "lanes wants a whole number …", at its line. */
static void report(struct problems *problems, struct error *error,
                   const struct setting *setting, const char *where)
{
    struct error named;

    if (setting)
        error_at(&named, error->code, where, error->line, 0, "%s %s",
                 setting->name, error->text);
    else
        error_at(&named, error->code, where, error->line, 0, "%s", error->text);
    problems_add(problems, &named, 0);
}

static void take_all(struct settings *settings, const struct json *data,
                     const char *site, const char *where,
                     struct problems *problems)
{
    struct error error = {0};

    if (!object(data)) {
        error_at(&error, ERROR_INVALID, where, data->line, 0,
                 "the file has to return a table of settings: "
                 "return { lanes = 32 }");
        problems_add(problems, &error, 0);
        return;
    }
    for (size_t i = 0; i < data->as.list.len; i++) {
        const struct json *item = &data->as.list.items[i];
        const struct setting *setting = find(item->key);
        int err = setting ? setting->take(settings, item, site, &error)
                          : unknown(item, &error);

        if (err)
            report(problems, &error, setting, where);
    }
}

struct settings *settings_compile(const struct json *data, const char *site,
                                  const char *where, struct problems *problems)
{
    struct settings *settings = ALLOC(struct settings);

    settings->path = alloc_text(DEFAULT_PATH);
    settings->lanes = LANES_TOTAL;
    settings->watch = true;
    settings->state = alloc_printf("%s/state", site);
    settings_preset_journal(settings);
    if (data)
        take_all(settings, data, site, where, problems);
    settings->secrets = alloc_printf("%s/secrets", settings->state);
    if (!settings->control)
        settings->control = alloc_printf("%s/control.sock", settings->state);
    return settings;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < settings->nenv; i++) {
        free(settings->env[i].plugin);
        words_free(&settings->env[i].words);
    }
    for (size_t i = 0; i < settings->nallow; i++)
        free(settings->allow[i].name);
    settings_free_verify(settings);
    free(settings->env);
    free(settings->allow);
    free(settings->path);
    free(settings->state);
    free(settings->secrets);
    words_free(&settings->secret_command);
    words_free(&settings->index);
    intake_entries_free(&settings->intake);
    free(settings->control);
    roles_free(&settings->roles);
    free(settings);
}
