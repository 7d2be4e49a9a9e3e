#include "model/manifest_inner.h"

#include "base/alloc.h"
#include "model/argv.h"
#include "model/field.h"

#include <stdlib.h>
#include <string.h>

/* Parameters of one action: the largest real one has 17, and each of them
 * costs words of one command line. */
enum { PARAMS_MAX = 256 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void read_order(const struct xml_report *report,
                       const struct xml_node *node, struct param *param)
{
    char *order = manifest_attr(node, "Order");

    param->numbered = order && manifest_number(order, &param->order);
    if (order && !param->numbered && strcmp(order, "Unsorted") != 0)
        xml_problem(report, node, XML_WARNING,
                    "Order=\"%s\" is no number; the parameter comes last",
                    order);
    free(order);
}

/* A format that cannot be kept makes the action unavailable: a date that
 * means another day is worse than none. */
static void compile_time(const struct xml_report *report,
                         const struct xml_node *node, struct param *param)
{
    char *zone = manifest_attr(node, "TimeZone");
    const char *pattern = xml_attr(node, "FormattingString");
    bool blank = !str_trim(str_of(pattern)).len;
    struct error error;

    if ((zone || !blank) && timeformat_compile(zone, blank ? NULL : pattern,
                                               &param->time, &error) < 0) {
        xml_problem(report, node, XML_WARNING,
                    "this TimeFormat makes the action unavailable: %s",
                    error.text);
        param->unfit =
            alloc_printf("the TimeFormat of parameter \"%s\" (line %u): %s",
                         param->name, node->line, error.text);
    }
    free(zone);
}

static void read_time_format(const struct xml_report *report,
                             const struct xml_node *field, struct param *param)
{
    static const char *const attrs[] = {"TimeZone", "FormattingString"};
    const struct xml_node *format = field->child;

    if (!format || !xml_is(format, manifest_namespace, "TimeFormat")) {
        xml_problem(report, field, XML_WARNING, "%s without a TimeFormat",
                    field->name);
        return;
    }
    xml_attrs_known(report, format, XML_WARNING, attrs, COUNT(attrs));
    compile_time(report, format, param);
}

/* The field that an element means; NULL and a warning where the schema has no
 * such field: newer releases have more, and an alarm may too. */
static const struct field *field_of(const struct xml_report *report,
                                    const struct xml_node *node)
{
    struct str name = str_of(node->name);
    const struct field *field = field_find(name);

    if (field)
        return field;
    field = field_find_nocase(name);
    if (field)
        xml_problem(report, node, XML_WARNING, "%s is spelt %s in the schema",
                    node->name, field->name);
    else if ((field = field_find_old(name)) != NULL)
        xml_problem(report, node, XML_WARNING, "%s is an old name of %s",
                    node->name, field->name);
    else
        xml_problem(report, node, XML_WARNING,
                    "%s is no field of the schema; empty unless an alarm has "
                    "a field of that name",
                    node->name);
    return field;
}

static void read_field(const struct xml_report *report,
                       const struct xml_node *node, struct param *param)
{
    const struct field *field = field_of(report, node);

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
    if (xml_is(input, manifest_namespace, "StaticInput")) {
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
    param->name = manifest_attr(node, "Name");
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
        if (param->constant || !xml_is(n, manifest_namespace, "DefaultInput"))
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
    bool constant =
        !encrypted && xml_is(node, manifest_namespace, "ConstantParameter");

    if (constant || xml_is(node, manifest_namespace, "StringParameter")) {
        struct param *param;

        action->params = alloc_grown(action->params, action->nparams, cap,
                                     sizeof *action->params);
        param = &action->params[action->nparams++];
        *param = (struct param){.constant = constant, .encrypted = encrypted};
        read_param(report, node, param);
    } else if (xml_is(node, manifest_namespace, "EncryptedParameter")) {
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

            if (!other->slug || strcmp(other->slug, param->slug) != 0)
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

void manifest_params(const struct xml_report *report,
                     const struct xml_node *node, struct action *action)
{
    size_t cap = 0;

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
