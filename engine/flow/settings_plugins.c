#include "flow/settings_inner.h"

#include <string.h>

/* What settings say of plugins: do they exist, what do their actions get? */

/* Does the entry name that action, or its whole plugin? Names may hold '/'
 * themselves, so the entry is not split but put together and compared. */
static bool allows(const struct settings_allow *allow,
                   const struct action *action)
{
    const char *plugin = action->plugin->name;
    size_t len = strlen(plugin);

    if (strncmp(allow->name, plugin, len) != 0)
        return false;
    return !allow->name[len] || (allow->name[len] == '/' &&
                                 !strcmp(allow->name + len + 1, action->name));
}

static bool allows_any(const struct settings_allow *allow,
                       const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->len; i++) {
        const struct plugin *plugin = catalogue->plugins[i];

        if (!strcmp(allow->name, plugin->name))
            return true;
        for (size_t k = 0; k < plugin->nactions; k++)
            if (allows(allow, &plugin->actions[k]))
                return true;
    }
    return false;
}

void settings_check(const struct settings *settings,
                    const struct catalogue *catalogue, const char *where,
                    struct problems *problems)
{
    struct error error = {0};

    for (size_t i = 0; i < settings->nenv; i++) {
        if (catalogue_plugin(catalogue, settings->env[i].plugin, &error))
            continue;
        error_place(&error, where, settings->env[i].line);
        problems_add(problems, &error, 0);
    }
    for (size_t i = 0; i < settings->nallow; i++) {
        if (allows_any(&settings->allow[i], catalogue))
            continue;
        error_at(&error, ERROR_NOT_FOUND, where, settings->allow[i].line, 0,
                 "allow_unavailable names \"%s\", which is neither a plugin "
                 "nor PLUGIN/ACTION here; `riposte ls plugins` lists them",
                 settings->allow[i].name);
        problems_add(problems, &error, 0);
    }
    settings_check_verify(settings, catalogue, where, problems);
}

const struct words *settings_env(const struct settings *settings,
                                 const struct plugin *plugin)
{
    for (size_t i = 0; i < settings->nenv; i++)
        if (!strcmp(settings->env[i].plugin, plugin->name))
            return &settings->env[i].words;
    return NULL;
}

bool settings_allows(const struct settings *settings,
                     const struct action *action)
{
    for (size_t i = 0; i < settings->nallow; i++)
        if (allows(&settings->allow[i], action))
            return true;
    return false;
}
