#include "cli/examine.h"

#include "base/alloc.h"
#include "cli/file.h"

#include <stdlib.h>

enum { MANIFEST_MAX = 1 << 20 }; /* manifest_parse itself refuses far less */

static void add_unavailable(const struct plugin *plugin,
                            struct problems *problems)
{
    for (size_t i = 0; i < plugin->nactions; i++) {
        const struct action *action = &plugin->actions[i];
        struct error error;

        if (!action->unavailable)
            continue;
        error_at(&error, ERROR_NOT_FOUND, plugin->where, action->line, 0,
                 "\"%s\" is unavailable here: %s", action->name,
                 action->unavailable);
        problems_add(problems, &error, 1);
    }
}

struct plugin *examine_manifest(const char *file, const char *payload,
                                struct buf *xml, struct problems *problems)
{
    const char *path = getenv("PATH");
    struct plugin *plugin;
    struct error error;

    if (file_read(file, MANIFEST_MAX, xml, &error)) {
        problems_add(problems, &error, 0);
        return NULL;
    }
    plugin = manifest_parse(buf_str(xml), file, payload, problems);
    if (plugin) {
        plugin_resolve(plugin, path ? path : "");
        add_unavailable(plugin, problems);
    }
    return plugin;
}

char *examine_overlay(struct plugin *plugin, struct problems *problems)
{
    char *file = plugin_overlay(plugin->where);
    struct buf xml = {0};
    struct error error;

    if (!file)
        return NULL;
    if (file_read(file, MANIFEST_MAX, &xml, &error))
        problems_add(problems, &error, 0);
    else
        overlay_apply(plugin, buf_str(&xml), file, problems);
    buf_free(&xml);
    return file;
}

struct plugin *examine_plugin(const char *path, struct buf *xml,
                              struct problems *problems)
{
    size_t before = problems->errors;
    char *manifest, *payload;
    struct plugin *plugin;
    struct error error;

    if (plugin_locate(path, &manifest, &payload, &error)) {
        problems_add(problems, &error, 0);
        return NULL;
    }
    plugin = examine_manifest(manifest, payload, xml, problems);
    if (plugin)
        free(examine_overlay(plugin, problems));
    free(manifest);
    free(payload);
    if (problems->errors == before)
        return plugin;
    plugin_free(plugin);
    return NULL;
}
