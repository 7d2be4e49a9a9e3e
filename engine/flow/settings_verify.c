#include "flow/settings_inner.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "a list of { action = \"PLUGIN / ACTION\" or plugin = \"PLUGIN\" or "
    "neither, every = \"10m\", restore = true }";

static const char *const keys[] = {"action", "plugin", "every", "restore"};
enum { KEYS = sizeof keys / sizeof *keys };

static int take_text(const struct json *item, char **text, struct error *error)
{
    if (!settings_plain(item) || !str_trim(item->as.text).len)
        return settings_wrong(item, error, usage);
    *text = str_copy(str_trim(item->as.text));
    return 0;
}

static int take_every(const struct json *item, int64_t *ms, struct error *error)
{
    const int64_t most = SETTINGS_VERIFY_DAYS * 24LL * 60 * 60 * 1000;

    if (item->type != JSON_TEXT || clock_duration(item->as.text, ms) ||
        *ms < SETTINGS_VERIFY_LEAST || *ms > most)
        return settings_wrong(item, error,
                              "as every a time from \"1s\" to \"31d\", such as "
                              "\"10m\"");
    return 0;
}

static int take_restore(const struct json *item, bool *restore,
                        struct error *error)
{
    if (item->type != JSON_BOOL)
        return settings_wrong(item, error, "as restore true or false");
    *restore = item->as.boolean;
    return 0;
}

static int take_key(struct settings_verify *verify, const struct json *item,
                    struct error *error)
{
    if (str_is(item->key, "action"))
        return take_text(item, &verify->action, error);
    if (str_is(item->key, "plugin"))
        return take_text(item, &verify->plugin, error);
    if (str_is(item->key, "every"))
        return take_every(item, &verify->every, error);
    if (str_is(item->key, "restore"))
        return take_restore(item, &verify->restore, error);
    return settings_unknown(item, "knows no", keys, KEYS, error);
}

static int take_entry(struct settings_verify *verify, const struct json *item,
                      struct error *error)
{
    int err = 0;

    verify->line = item->line;
    if (item->type != JSON_OBJECT)
        return settings_wrong(item, error, usage);
    for (size_t i = 0; i < item->as.list.len && !err; i++)
        err = take_key(verify, &item->as.list.items[i], error);
    if (!err && verify->action && verify->plugin)
        err = settings_wrong(item, error,
                             "action or plugin, not both: an action names its "
                             "plugin already");
    if (!err && !verify->every && !verify->restore)
        err = settings_wrong(item, error,
                             "every, restore = true, or both in each entry");
    return err;
}

int settings_take_verify(struct settings *settings, const struct json *value,
                         const char *site, struct error *error)
{
    int err = 0;

    (void)site;
    if (value->type == JSON_OBJECT) { /* one entry alone */
        settings->verify = ALLOC(struct settings_verify);
        return take_entry(&settings->verify[settings->nverify++], value, error);
    }
    if (value->type != JSON_ARRAY)
        return settings_wrong(value, error, usage);
    settings->verify =
        alloc_zeroed(value->as.list.len, sizeof *settings->verify);
    for (size_t i = 0; i < value->as.list.len && !err; i++)
        err = take_entry(&settings->verify[settings->nverify++],
                         &value->as.list.items[i], error);
    return err;
}

void settings_free_verify(struct settings *settings)
{
    for (size_t i = 0; i < settings->nverify; i++) {
        free(settings->verify[i].plugin);
        free(settings->verify[i].action);
    }
    free(settings->verify);
}

/* ---- the catalogue ------------------------------------------------------- */

/* What would be named in vain. */
static void check_action(const struct action *action, struct error *error)
{
    if (!action->undo)
        error_set(error, ERROR_INVALID,
                  "verify names %s / %s, which has no Undo, so that it is "
                  "never held by a lease",
                  action->plugin->name, action->name);
    else if (!action->verify)
        error_set(error, ERROR_INVALID,
                  "verify names %s / %s, which has no Verify; its overlay "
                  "names one",
                  action->plugin->name, action->name);
}

static void check_plugin(const struct plugin *plugin, struct error *error)
{
    for (size_t i = 0; i < plugin->nactions; i++)
        if (plugin->actions[i].undo && plugin->actions[i].verify)
            return;
    error_set(error, ERROR_INVALID,
              "verify names %s, of which no action has both an Undo and a "
              "Verify",
              plugin->name);
}

static void check_entry(const struct settings_verify *verify,
                        const struct catalogue *catalogue, struct error *error)
{
    const struct action *action =
        verify->action ? catalogue_action(catalogue, verify->action, error)
                       : NULL;
    const struct plugin *plugin =
        verify->plugin ? catalogue_plugin(catalogue, verify->plugin, error)
                       : NULL;

    if (action)
        check_action(action, error);
    if (plugin)
        check_plugin(plugin, error);
}

void settings_check_verify(const struct settings *settings,
                           const struct catalogue *catalogue, const char *where,
                           struct problems *problems)
{
    for (size_t i = 0; i < settings->nverify; i++) {
        struct error error = {0};

        check_entry(&settings->verify[i], catalogue, &error);
        if (!error.code)
            continue;
        error_place(&error, where, settings->verify[i].line);
        problems_add(problems, &error, 0);
    }
}

/* ---- asked -------------------------------------------------------------- */

/* Is "PLUGIN / ACTION", whose names may hold '/' themselves, that one? */
static bool names(struct str text, const char *plugin, const char *action)
{
    size_t len = strlen(plugin);
    struct str rest;

    if (text.len < len || memcmp(text.data, plugin, len) != 0)
        return false;
    rest = str_trim((struct str){text.data + len, text.len - len});
    if (!rest.len || rest.data[0] != '/')
        return false;
    return str_is(str_trim((struct str){rest.data + 1, rest.len - 1}), action);
}

static bool fits(const struct settings_verify *verify, const char *plugin,
                 const char *action)
{
    if (verify->plugin && strcmp(verify->plugin, plugin) != 0)
        return false;
    return !verify->action || names(str_of(verify->action), plugin, action);
}

const struct settings_verify *settings_verify(const struct settings *settings,
                                              const char *plugin,
                                              const char *action)
{
    for (size_t i = 0; i < settings->nverify; i++)
        if (fits(&settings->verify[i], plugin, action))
            return &settings->verify[i];
    return NULL;
}
