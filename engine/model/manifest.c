#include "model/catalogue.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "model/argv.h"
#include "model/field.h"
#include "model/xml.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One actions.xml (smartresponse.md sections 3 and 16): what cannot be used
 * is an error, what is merely odd is a warning, because the oddities are all
 * found in plugins that people run.
 */

static const char namespace[] = "RemediationVersion1.xsd";

/* Parameters of one action: the largest real one has 17, and each of them
 * costs words of one command line. */
enum { PARAMS_MAX = 256 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The attribute without blanks at its ends, or NULL where it is absent or
 * blank. The result belongs to the caller. */
static char *trimmed(const struct xml_node *node, const char *name)
{
    struct str text = str_trim(str_of(xml_attr(node, name)));

    return text.len ? str_copy(text) : NULL;
}

static char *wanted(const struct xml_report *report,
                    const struct xml_node *node, const char *name)
{
    char *text = trimmed(node, name);

    if (!text)
        xml_problem(report, node, XML_ERROR, "%s without %s", node->name, name);
    return text;
}

/* A whole number, all of the text. */
static bool number(const char *text, long *value)
{
    char *end;

    errno = 0;
    *value = strtol(text, &end, 10);
    return end != text && !*end && !errno;
}

static void read_order(const struct xml_report *report,
                       const struct xml_node *node, struct param *param)
{
    char *order = trimmed(node, "Order");

    param->numbered = order && number(order, &param->order);
    if (order && !param->numbered && strcmp(order, "Unsorted"))
        xml_problem(report, node, XML_WARNING,
                    "Order=\"%s\" is no number; the parameter comes last",
                    order);
    free(order);
}

static void read_time_format(const struct xml_report *report,
                             const struct xml_node *field, struct param *param)
{
    static const char *const attrs[] = {"TimeZone", "FormattingString"};
    const struct xml_node *format = field->child;

    if (!format || !xml_is(format, namespace, "TimeFormat")) {
        xml_problem(report, field, XML_WARNING, "%s without a TimeFormat",
                    field->name);
        return;
    }
    xml_attrs_known(report, format, XML_WARNING, attrs, COUNT(attrs));
    param->time_zone = trimmed(format, "TimeZone");
    param->time_format = trimmed(format, "FormattingString");
    if (param->time_zone || param->time_format)
        xml_problem(report, format, XML_WARNING,
                    "the TimeFormat is not applied; the plugin gets the date "
                    "as RFC 3339 in UTC");
}

static void read_field(const struct xml_report *report,
                       const struct xml_node *node, struct param *param)
{
    struct str name = str_of(node->name);
    const struct field *field = field_find(name);
    bool exact = field;

    if (!field)
        field = field_find_nocase(name);
    if (!exact && field)
        xml_problem(report, node, XML_WARNING, "%s is spelt %s in the schema",
                    node->name, field->name);
    else if (!field)
        xml_problem(report, node, XML_WARNING,
                    "%s is no field of the schema; empty unless an alarm has "
                    "a field of that name",
                    node->name);
    param->preset = DEFAULT_FIELD;
    param->field = alloc_text(field ? field->name : node->name);
    if (field && field->date)
        read_time_format(report, node, param);
}

static void read_default(const struct xml_report *report,
                         const struct xml_node *node, struct param *param)
{
    static const char *const attrs[] = {"Value"};
    const struct xml_node *input = node->child;

    if (!input || input->next)
        xml_problem(report, node, XML_WARNING, "DefaultInput holds %s; %s",
                    input ? "several" : "nothing",
                    input ? "the first counts" : "there is no default");
    if (!input)
        return;
    if (xml_is(input, namespace, "StaticInput")) {
        const char *value = xml_attr(input, "Value");

        xml_attrs_known(report, input, XML_WARNING, attrs, COUNT(attrs));
        param->preset = DEFAULT_STATIC;
        param->static_value = alloc_text(value ? value : "");
    } else {
        read_field(report, input, param);
    }
}

static void read_param(const struct xml_report *report,
                       const struct xml_node *node, struct param *param)
{
    static const char *const attrs[] = {"Name", "Switch", "Order"};
    static const char *const children[] = {"DefaultInput"};
    const char *text = xml_attr(node, "Switch");

    xml_attrs_known(report, node, XML_WARNING, attrs, COUNT(attrs));
    param->line = node->line;
    param->name = trimmed(node, "Name");
    if (!param->name) {
        param->name = alloc_text("");
        if (!param->constant)
            xml_problem(report, node, XML_WARNING,
                        "a parameter without Name; no policy can set it");
    }
    param->switch_text = alloc_text(text ? text : "");
    param->switch_words = argv_split(param->switch_text);
    read_order(report, node, param);
    for (const struct xml_node *n = node->child; n; n = n->next) {
        if (param->constant || !xml_is(n, namespace, "DefaultInput"))
            xml_unknown(report, n, XML_WARNING, children,
                        param->constant ? 0 : COUNT(children));
        else if (param->preset != DEFAULT_NONE)
            xml_problem(report, n, XML_WARNING,
                        "a second DefaultInput; the first counts");
        else
            read_default(report, n, param);
    }
}

/* Adds what a child of an Action stands for. */
static void read_parameter(const struct xml_report *report,
                           const struct xml_node *node, struct action *action,
                           bool encrypted, size_t *cap)
{
    static const char *const known[] = {"ConstantParameter", "StringParameter",
                                        "EncryptedParameter"};
    bool constant = !encrypted && xml_is(node, namespace, "ConstantParameter");

    if (constant || xml_is(node, namespace, "StringParameter")) {
        struct param *param;

        action->params = alloc_grown(action->params, action->nparams, cap,
                                     sizeof *action->params);
        param = &action->params[action->nparams++];
        *param = (struct param){.constant = constant, .encrypted = encrypted};
        read_param(report, node, param);
    } else if (xml_is(node, namespace, "EncryptedParameter")) {
        xml_attrs_known(report, node, XML_WARNING, NULL, 0);
        if (!node->child || node->child->next)
            xml_problem(report, node, XML_ERROR,
                        "EncryptedParameter must hold exactly one "
                        "StringParameter");
        else
            read_parameter(report, node->child, action, true, cap);
    } else {
        xml_unknown(report, node, XML_WARNING, known + encrypted,
                    COUNT(known) - encrypted);
    }
}

/* On the command line a comes after b: numbers first, and what is equal
 * keeps the document's order. */
static bool after(const struct param *a, const struct param *b)
{
    if (a->numbered != b->numbered)
        return b->numbered;
    return a->numbered && a->order > b->order;
}

static void sort_params(struct action *action)
{
    for (size_t i = 1; i < action->nparams; i++) {
        struct param param = action->params[i];
        size_t at = i;

        for (; at && after(&action->params[at - 1], &param); at--)
            action->params[at] = action->params[at - 1];
        action->params[at] = param;
    }
}

/* Gives every input its slug, but none to those that would share one. */
static void name_inputs(const struct xml_report *report,
                        const struct xml_node *node, struct action *action)
{
    bool shared[PARAMS_MAX] = {false};

    for (size_t i = 0; i < action->nparams; i++) {
        struct param *param = &action->params[i];

        if (!param->constant)
            param->slug = str_slug(param->name);
        for (size_t j = 0; j < i && param->slug; j++) {
            const struct param *other = &action->params[j];

            if (!other->slug || strcmp(other->slug, param->slug))
                continue;
            shared[i] = shared[j] = true;
            if (*param->name && !strcmp(other->name, param->name))
                xml_problem(report, node, XML_WARNING,
                            "two parameters named \"%s\"; only the first can "
                            "be set",
                            param->name);
        }
    }
    for (size_t i = 0; i < action->nparams; i++) {
        struct param *param = &action->params[i];

        if (param->slug && (shared[i] || !*param->slug)) {
            free(param->slug);
            param->slug = NULL;
        }
    }
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
    size_t cap = 0;

    xml_attrs_known(report, node, XML_WARNING, attrs, COUNT(attrs));
    action->line = node->line;
    action->name = wanted(report, node, "Name");
    action->command = wanted(report, node, "Command");
    if (action->name)
        action->slug = str_slug(action->name);
    set_defaults(action);
    for (const struct xml_node *n = node->child; n; n = n->next) {
        if (action->nparams == PARAMS_MAX) {
            xml_problem(report, n, XML_ERROR,
                        "an action with more than %d parameters", PARAMS_MAX);
            return;
        }
        read_parameter(report, n, action, false, &cap);
    }
    sort_params(action);
    name_inputs(report, node, action);
}

static void read_actions(const struct xml_report *report,
                         const struct xml_node *root, struct plugin *plugin)
{
    static const char *const known[] = {"Action"};
    size_t cap = 0;

    for (const struct xml_node *n = root->child; n; n = n->next) {
        struct action *action;

        if (!xml_is(n, namespace, "Action")) {
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
    plugin->guid = trimmed(root, "Guid");
    if (!plugin->guid) {
        plugin->guid = trimmed(root, "guid");
        if (plugin->guid)
            xml_problem(report, root, XML_WARNING,
                        "\"guid\" should be \"Guid\"");
    }
    if (!plugin->guid)
        xml_problem(report, root, XML_WARNING,
                    "no Guid; LogRhythm cannot import it like this");
    else if (!guid_formed(plugin->guid))
        xml_problem(report, root, XML_WARNING, "malformed Guid \"%s\"",
                    plugin->guid);
}

static void read_version(const struct xml_report *report,
                         const struct xml_node *root, struct plugin *plugin)
{
    char *text = trimmed(root, "Version");

    plugin->version = 1;
    if (text && !number(text, &plugin->version)) {
        xml_problem(report, root, XML_WARNING,
                    "Version=\"%s\" is no number; taken as 1", text);
        plugin->version = 1;
    }
    free(text);
}

static void read_vendor(const struct xml_report *report,
                        const struct xml_node *root, struct plugin *plugin)
{
    char *text = trimmed(root, "IsLogRhythmPlugin");
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

    if (!xml_is(root, namespace, "Remediation-Plugin")) {
        xml_problem(report, root, XML_ERROR,
                    "no SmartResponse manifest: its root is <%s> of namespace "
                    "\"%s\", not <Remediation-Plugin> of \"%s\"",
                    root->name, root->space, namespace);
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
