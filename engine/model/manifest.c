#include "model/manifest_inner.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * One actions.xml (smartresponse.md sections 3 and 16): what cannot be used
 * is an error, what is merely odd is a warning, because the oddities are all
 * found in plugins that people run.
 */

const char manifest_namespace[] = "RemediationVersion1.xsd";

#define COUNT(array) (sizeof(array) / sizeof *(array))

char *manifest_attr(const struct xml_node *node, const char *name)
{
    struct str text = str_trim(str_of(xml_attr(node, name)));

    return text.len ? str_copy(text) : NULL;
}

static char *wanted(const struct xml_report *report,
                    const struct xml_node *node, const char *name)
{
    char *text = manifest_attr(node, name);

    if (!text)
        xml_problem(report, node, XML_ERROR, "%s without %s", node->name, name);
    return text;
}

bool manifest_number(const char *text, long *value)
{
    char *end;

    errno = 0;
    *value = strtol(text, &end, 10);
    return end != text && !*end && !errno;
}

static void set_defaults(struct action *action)
{
    action->kind = ACTION_REMEDIATION;
    action->timeout = ACTION_TIMEOUT_MS;
    action->grace = ACTION_GRACE_MS;
    action->target = -1;
    action->stderr_fails = true;
    action->success = ALLOC(int); /* exit status 0 */
    action->nsuccess = 1;
    action->concurrency = ACTION_CONCURRENCY;
}

static void read_action(const struct xml_report *report,
                        const struct xml_node *node, struct action *action)
{
    static const char *const attrs[] = {"Name", "Command"};

    xml_attrs_known(report, node, XML_WARNING, attrs, COUNT(attrs));
    action->line = node->line;
    action->name = wanted(report, node, "Name");
    action->command = wanted(report, node, "Command");
    if (action->name)
        action->slug = str_slug(action->name);
    set_defaults(action);
    manifest_params(report, node, action);
}

static void read_actions(const struct xml_report *report,
                         const struct xml_node *root, struct plugin *plugin)
{
    static const char *const known[] = {"Action"};
    size_t cap = 0;

    for (const struct xml_node *n = root->child; n; n = n->next) {
        struct action *action;

        if (!xml_is(n, manifest_namespace, "Action")) {
            xml_unknown(report, n, XML_WARNING, known, COUNT(known));
            continue;
        }
        plugin->actions = alloc_grown(plugin->actions, plugin->nactions, &cap,
                                      sizeof *plugin->actions);
        action = &plugin->actions[plugin->nactions++];
        *action = (struct action){.plugin = plugin};
        read_action(report, n, action);
        for (size_t i = 0; action->name && i + 1 < plugin->nactions; i++)
            if (plugin->actions[i].name &&
                !strcmp(plugin->actions[i].name, action->name))
                xml_problem(report, n, XML_ERROR,
                            "two actions named \"%s\", here and in line %u",
                            action->name, plugin->actions[i].line);
    }
    if (!plugin->nactions)
        xml_problem(report, root, XML_ERROR, "a plugin without an Action");
}

static bool guid_formed(const char *guid)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    static const char digits[] = "0123456789abcdefABCDEF";

    if (strlen(guid) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'x' ? !strchr(digits, guid[i]) : guid[i] != '-')
            return false;
    return true;
}

static void read_guid(const struct xml_report *report,
                      const struct xml_node *root, struct plugin *plugin)
{
    plugin->guid = manifest_attr(root, "Guid");
    if (!plugin->guid) {
        plugin->guid = manifest_attr(root, "guid");
        if (plugin->guid)
            xml_problem(report, root, XML_WARNING,
                        "\"guid\" should be \"Guid\"");
    }
    if (!plugin->guid)
        xml_problem(report, root, XML_WARNING,
                    "no Guid, by which LogRhythm knows a plugin");
    else if (!guid_formed(plugin->guid))
        xml_problem(report, root, XML_WARNING, "malformed Guid \"%s\"",
                    plugin->guid);
}

static void read_version(const struct xml_report *report,
                         const struct xml_node *root, struct plugin *plugin)
{
    char *text = manifest_attr(root, "Version");

    plugin->version = 1;
    if (text && !manifest_number(text, &plugin->version)) {
        xml_problem(report, root, XML_WARNING,
                    "Version=\"%s\" is no number; taken as 1", text);
        plugin->version = 1;
    }
    free(text);
}

static void read_vendor(const struct xml_report *report,
                        const struct xml_node *root, struct plugin *plugin)
{
    char *text = manifest_attr(root, "IsLogRhythmPlugin");
    struct str flag = str_of(text);

    plugin->vendor = str_same_nocase(flag, str_of("true")) || str_is(flag, "1");
    if (flag.len && !plugin->vendor &&
        !str_same_nocase(flag, str_of("false")) && !str_is(flag, "0"))
        xml_problem(report, root, XML_WARNING,
                    "IsLogRhythmPlugin=\"%s\" is neither true nor false", text);
    free(text);
}

/* A slug names folders, so it is never empty. */
static char *plugin_slug(const char *name)
{
    char *slug = str_slug(name);
    char hex[HASH_HEX];

    if (*slug)
        return slug;
    free(slug);
    hash_hex(str_of(name), hex);
    return alloc_printf("plugin_%.8s", hex);
}

char *plugin_folder_name(const char *name)
{
    enum { LONGEST = 100 }; /* of 255 that file systems take, with room */
    char *folder = plugin_slug(name);

    for (char *c = folder; *c; c++)
        *c = *c == '_' ? '-' : *c;
    if (strlen(folder) > LONGEST)
        folder[LONGEST] = '\0';
    return folder;
}

static void warn_text(const struct xml_report *report,
                      const struct xml_node *node)
{
    for (; node; node = node->next) {
        if (node->text)
            xml_problem(report, node, XML_WARNING, "text inside %s is ignored",
                        node->name);
        warn_text(report, node->child);
    }
}

static void read_root(const struct xml_report *report,
                      const struct xml_node *root, struct plugin *plugin)
{
    static const char *const attrs[] = {"Name", "Version", "Guid",
                                        "IsLogRhythmPlugin", "guid"};

    if (!xml_is(root, manifest_namespace, "Remediation-Plugin")) {
        xml_problem(report, root, XML_ERROR,
                    "no SmartResponse manifest: its root is <%s> of namespace "
                    "\"%s\", not <Remediation-Plugin> of \"%s\"",
                    root->name, root->space, manifest_namespace);
        return;
    }
    xml_attrs_known(report, root, XML_WARNING, attrs, COUNT(attrs));
    plugin->name = wanted(report, root, "Name");
    if (plugin->name)
        plugin->slug = plugin_slug(plugin->name);
    read_version(report, root, plugin);
    read_guid(report, root, plugin);
    read_vendor(report, root, plugin);
    read_actions(report, root, plugin);
    warn_text(report, root);
}

struct plugin *manifest_parse(struct str xml, const char *where,
                              const char *folder, struct problems *problems)
{
    struct xml_report report = {.where = where, .problems = problems};
    size_t errors = problems->errors;
    struct error error;
    struct xml_node *root = xml_parse(xml, where, &error);
    struct plugin *plugin;

    if (!root) {
        problems_add(problems, &error, XML_ERROR);
        return NULL;
    }
    plugin = ALLOC(struct plugin);
    plugin->where = alloc_text(where);
    plugin->folder = alloc_text(folder);
    read_root(&report, root, plugin);
    xml_free(root);
    if (problems->errors == errors)
        return plugin;
    plugin_free(plugin);
    return NULL;
}
