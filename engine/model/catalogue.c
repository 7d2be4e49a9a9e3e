#include "model/catalogue.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

const char *const type_names[TYPE_COUNT] = {
    [TYPE_UNTYPED] = "untyped", [TYPE_TEXT] = "text",   [TYPE_IP] = "ip",
    [TYPE_CIDR] = "cidr",       [TYPE_HOST] = "host",   [TYPE_USER] = "user",
    [TYPE_PORT] = "port",       [TYPE_INT] = "int",     [TYPE_HASH] = "hash",
    [TYPE_URL] = "url",         [TYPE_EMAIL] = "email", [TYPE_PATH] = "path",
    [TYPE_ENUM] = "enum",       [TYPE_FLAG] = "flag",
};

void words_add(struct words *words, const char *word)
{
    words->items =
        alloc_resized(words->items, words->len + 1, sizeof *words->items);
    words->items[words->len++] = alloc_text(word);
}

struct words words_copy(const struct words *words)
{
    struct words copy = {0};

    for (size_t i = 0; i < words->len; i++)
        words_add(&copy, words->items[i]);
    return copy;
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->len; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct words){0};
}

static void param_free(struct param *param)
{
    free(param->name);
    free(param->slug);
    free(param->switch_text);
    words_free(&param->switch_words);
    free(param->static_value);
    free(param->field);
    timeformat_free(param->time);
    free(param->unfit);
    words_free(&param->values);
    free(param->via_name);
    free(param->secret);
}

static void action_free(struct action *action)
{
    for (size_t i = 0; i < action->nparams; i++)
        param_free(&action->params[i]);
    free(action->params);
    free(action->name);
    free(action->slug);
    free(action->command);
    free(action->success);
    free(action->profile);
    words_free(&action->program);
    free(action->unavailable);
}

void plugin_free(struct plugin *plugin)
{
    if (!plugin)
        return;
    for (size_t i = 0; i < plugin->nactions; i++)
        action_free(&plugin->actions[i]);
    free(plugin->actions);
    free(plugin->name);
    free(plugin->slug);
    free(plugin->guid);
    free(plugin->where);
    free(plugin->folder);
    free(plugin);
}

int catalogue_add(struct catalogue *catalogue, struct plugin *plugin,
                  struct error *error)
{
    size_t at = catalogue->len;

    for (; at; at--) {
        const struct plugin *other = catalogue->plugins[at - 1];
        int order = strcmp(other->name, plugin->name);

        if (!order) {
            error_at(error, ERROR_INVALID, plugin->where, 0, 0,
                     "two plugins named \"%s\": %s and %s; remove one",
                     plugin->name, other->folder, plugin->folder);
            plugin_free(plugin);
            return ERROR_INVALID;
        }
        if (order < 0)
            break;
    }
    catalogue->plugins = alloc_grown(catalogue->plugins, catalogue->len,
                                     &catalogue->cap, sizeof(struct plugin *));
    memmove(catalogue->plugins + at + 1, catalogue->plugins + at,
            (catalogue->len - at) * sizeof(struct plugin *));
    catalogue->plugins[at] = plugin;
    catalogue->len++;
    return 0;
}

void catalogue_free(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->len; i++)
        plugin_free(catalogue->plugins[i]);
    free(catalogue->plugins);
    *catalogue = (struct catalogue){0};
}

static bool named(const char *name, struct str wanted)
{
    return name && str_is(wanted, name);
}

/* "no KIND "NAME" in …; did you mean …?", or the names that there are. */
static void not_found(struct error *error, const char *what, struct str wanted,
                      const char *owner, const char *const *names, size_t count)
{
    enum { LISTED_MAX = 20 }; /* a line that can still be read */
    char *name = str_copy(wanted);
    const char *near = str_nearest(name, names, count);
    struct buf text = {0};

    buf_printf(&text, "no %s \"%s\" in %s", what, name, owner);
    if (near)
        buf_printf(&text, "; did you mean \"%s\"?", near);
    for (size_t i = 0; i < count && i < LISTED_MAX; i++)
        buf_printf(&text, "%s\"%s\"",
                   i      ? ", "
                   : near ? " known: "
                          : "; known: ",
                   names[i]);
    if (count > LISTED_MAX)
        buf_add_text(&text, " …");
    error_set(error, ERROR_NOT_FOUND, "%s", text.data);
    buf_free(&text);
    free(name);
}

const struct plugin *catalogue_plugin(const struct catalogue *catalogue,
                                      const char *name, struct error *error)
{
    struct str wanted = str_trim(str_of(name));
    const char **names;

    for (size_t i = 0; i < catalogue->len; i++)
        if (named(catalogue->plugins[i]->name, wanted))
            return catalogue->plugins[i];
    names = alloc_zeroed(catalogue->len, sizeof *names);
    for (size_t i = 0; i < catalogue->len; i++)
        names[i] = catalogue->plugins[i]->name;
    not_found(error, "plugin", wanted, "the catalogue", names, catalogue->len);
    free(names);
    return NULL;
}

const struct action *plugin_action(const struct plugin *plugin,
                                   const char *name, struct error *error)
{
    struct str wanted = str_trim(str_of(name));
    const char **names;

    for (size_t i = 0; i < plugin->nactions; i++)
        if (named(plugin->actions[i].name, wanted))
            return &plugin->actions[i];
    names = alloc_zeroed(plugin->nactions, sizeof *names);
    for (size_t i = 0; i < plugin->nactions; i++)
        names[i] = plugin->actions[i].name;
    not_found(error, "action", wanted, plugin->name, names, plugin->nactions);
    free(names);
    return NULL;
}

static void no_action(const struct catalogue *catalogue, const char *text,
                      struct error *error)
{
    struct words names = {0};
    const char *near;

    for (size_t i = 0; i < catalogue->len; i++)
        for (size_t j = 0; j < catalogue->plugins[i]->nactions; j++) {
            char *name = alloc_printf("%s / %s", catalogue->plugins[i]->name,
                                      catalogue->plugins[i]->actions[j].name);

            words_add(&names, name);
            free(name);
        }
    near = str_nearest(text, (const char *const *)names.items, names.len);
    error_set(error, ERROR_NOT_FOUND,
              "there is no action \"%s\"; an action is \"PLUGIN / "
              "ACTION\"%s%s%s",
              text, near ? "; did you mean \"" : "", near ? near : "",
              near ? "\"?" : "");
    words_free(&names);
}

/* Either name may hold '/' itself, so every one is tried as the one between
 * them. */
const struct action *catalogue_action(const struct catalogue *catalogue,
                                      const char *name, struct error *error)
{
    const char *slash = name;

    for (; (slash = strchr(slash, '/')); slash++) {
        char *front = alloc_copy(name, (size_t)(slash - name));
        const struct plugin *plugin = catalogue_plugin(catalogue, front, NULL);
        const struct action *action =
            plugin ? plugin_action(plugin, slash + 1, NULL) : NULL;

        free(front);
        if (action)
            return action;
    }
    no_action(catalogue, name, error);
    return NULL;
}

const struct param *action_param(const struct action *action, const char *name,
                                 struct error *error)
{
    struct str wanted = str_trim(str_of(name));
    const char **names;
    size_t count = 0;

    for (size_t i = 0; i < action->nparams; i++)
        if (!action->params[i].constant && wanted.len &&
            named(action->params[i].name, wanted))
            return &action->params[i];
    for (size_t i = 0; i < action->nparams; i++)
        if (named(action->params[i].slug, wanted))
            return &action->params[i];
    names = alloc_zeroed(action->nparams, sizeof *names);
    for (size_t i = 0; i < action->nparams; i++)
        if (!action->params[i].constant)
            names[count++] = action->params[i].name;
    not_found(error, "parameter", wanted, action->name, names, count);
    free(names);
    return NULL;
}

size_t action_index(const struct action *action, const struct param *param)
{
    return (size_t)(param - action->params);
}
