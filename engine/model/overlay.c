#include "model/overlay_inner.h"

#include <string.h>

/*
 * One riposte.xml: what SmartResponse cannot say about a plugin's actions
 * (docs/plugins.md is the author's reference). Unlike a manifest it is ours,
 * so whatever is not understood is an error.
 */

static const char namespace[] = "urn:riposte:overlay:1";

/* What the attributes of one Parameter must not say together. */
static void check_param(const struct laying *laying)
{
    const struct param *p = laying->param;
    const struct xml_report *report = &laying->report;
    bool ranged =
        p->type == TYPE_INT || p->type == TYPE_PORT || p->type == TYPE_TEXT;

    if ((p->has_min || p->has_max) && !ranged)
        xml_problem(report, laying->node, XML_ERROR,
                    "Min and Max are for the types int, port and text");
    if (p->has_min && p->has_max && p->min > p->max)
        xml_problem(report, laying->node, XML_ERROR, "Min is greater than Max");
    if (p->values.len && p->type != TYPE_ENUM)
        xml_problem(report, laying->node, XML_ERROR,
                    "Values are for the type enum");
    if (!p->values.len && p->type == TYPE_ENUM)
        xml_problem(report, laying->node, XML_ERROR,
                    "the type enum needs Values");
    if (p->type == TYPE_FLAG && !p->switch_words.len)
        xml_problem(report, laying->node, XML_ERROR,
                    "the type flag needs a Switch in the manifest");
    if (p->secret &&
        ((!p->encrypted && p->via == VIA_ARGV) || p->type == TYPE_FLAG))
        xml_problem(report, laying->node, XML_ERROR,
                    "Secret is for an EncryptedParameter or one with Via, "
                    "which nothing shows");
    if (p->type == TYPE_FLAG && p->via != VIA_ARGV)
        xml_problem(report, laying->node, XML_ERROR,
                    "the type flag is for the command line, not for Via");
}

/* Whether an earlier sibling names the same thing, by the same element. */
static bool repeated(const struct xml_node *node)
{
    struct str name = str_trim(str_of(xml_attr(node, "Name")));

    for (const struct xml_node *n = node->parent->child; n != node; n = n->next)
        if (!strcmp(n->name, node->name) &&
            str_same(str_trim(str_of(xml_attr(n, "Name"))), name))
            return true;
    return false;
}

/* The Name of the element at hand; NULL and a report where it has none, or
 * one that came before. */
static const char *name_of(const struct laying *laying)
{
    const struct xml_node *node = laying->node;
    const char *name = xml_attr(node, "Name");

    if (!name)
        xml_problem(&laying->report, node, XML_ERROR, "%s without Name",
                    node->name);
    else if (repeated(node))
        xml_problem(&laying->report, node, XML_ERROR, "a second %s \"%s\"",
                    node->name, name);
    else
        return name;
    return NULL;
}

static void lay_param(struct laying *laying)
{
    const char *name = name_of(laying);
    const struct param *param;
    struct error error;

    if (!name)
        return;
    param = action_param(laying->action, name, &error);
    if (!param) {
        xml_problem(&laying->report, laying->node, XML_ERROR, "%s", error.text);
        return;
    }
    laying->param =
        &laying->action->params[action_index(laying->action, param)];
    overlay_param_attrs(laying);
    check_param(laying);
}

/* Two parameters cannot share one variable, or the one stdin. */
static void check_vias(const struct laying *laying)
{
    const struct action *action = laying->action;

    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *a = &action->params[i];

        for (size_t j = 0; j < i && a->via != VIA_ARGV; j++) {
            const struct param *b = &action->params[j];

            if (a->via == b->via &&
                (a->via == VIA_STDIN || !strcmp(a->via_name, b->via_name)))
                xml_problem(&laying->report, laying->node, XML_ERROR,
                            "\"%s\" and \"%s\" have the same Via", b->name,
                            a->name);
        }
    }
}

static void lay_params(struct laying *laying)
{
    static const char *const known[] = {"Parameter"};
    const struct xml_node *node = laying->node;

    for (const struct xml_node *n = node->child; n; n = n->next) {
        laying->node = n;
        if (xml_is(n, namespace, "Parameter"))
            lay_param(laying);
        else
            xml_unknown(&laying->report, n, XML_ERROR, known, 1);
        for (const struct xml_node *c = n->child; c; c = c->next)
            xml_unknown(&laying->report, c, XML_ERROR, NULL, 0);
    }
    laying->node = node;
    check_vias(laying);
}

/* The action of this name, for changing; NULL and a report if none. */
static struct action *action_of(const struct laying *laying, const char *name)
{
    struct error error;
    const struct action *action = plugin_action(laying->plugin, name, &error);

    if (action)
        return &laying->plugin->actions[action - laying->plugin->actions];
    xml_problem(&laying->report, laying->node, XML_ERROR, "%s", error.text);
    return NULL;
}

static void lay_action(struct laying *laying)
{
    const char *name = name_of(laying);

    laying->action = name ? action_of(laying, name) : NULL;
    if (!laying->action)
        return;
    overlay_action_attrs(laying);
    lay_params(laying);
}

static const struct param *same_input(const struct action *action,
                                      const struct param *param)
{
    for (size_t i = 0; i < action->nparams; i++)
        if (!action->params[i].constant &&
            !strcmp(action->params[i].name, param->name))
            return &action->params[i];
    return NULL;
}

/* An Undo or Verify is given the parameters of the same names, and works on
 * the same target. */
static void check_link(const struct laying *laying, const char *what,
                       const struct action *linked)
{
    const struct action *owner = laying->action;
    struct action *other;
    const struct param *target;

    if (!linked)
        return;
    other = &laying->plugin->actions[linked - laying->plugin->actions];
    if (owner->kind == ACTION_CONTEXT)
        xml_problem(&laying->report, laying->node, XML_ERROR,
                    "%s is for remediations; this is Kind=\"context\"", what);
    for (size_t i = 0; i < other->nparams; i++) {
        const struct param *param = &other->params[i];

        if (!param->constant && param->preset == DEFAULT_NONE &&
            !param->secret && !same_input(owner, param))
            xml_problem(&laying->report, laying->node, XML_ERROR,
                        "%s=\"%s\" needs a parameter \"%s\", which \"%s\" "
                        "does not have",
                        what, other->name, param->name, owner->name);
    }
    if (other->target >= 0 || owner->target < 0)
        return;
    target = same_input(other, &owner->params[owner->target]);
    if (target)
        other->target = (long)action_index(other, target);
}

/* After every action has been read, since one may link to a later one. */
static void check_links(struct laying *laying, const struct xml_node *root)
{
    for (const struct xml_node *n = root->child; n; n = n->next) {
        const struct action *action =
            xml_is(n, namespace, "Action")
                ? plugin_action(laying->plugin, xml_attr(n, "Name"), NULL)
                : NULL;

        if (!action)
            continue;
        laying->node = n;
        laying->action =
            &laying->plugin->actions[action - laying->plugin->actions];
        check_link(laying, "Undo", action->undo);
        check_link(laying, "Verify", action->verify);
    }
}

static void refuse_text(const struct laying *laying,
                        const struct xml_node *node)
{
    for (; node; node = node->next) {
        if (node->text)
            xml_problem(&laying->report, node, XML_ERROR, "text inside %s",
                        node->name);
        refuse_text(laying, node->child); /* XML_DEPTH_MAX bounds it */
    }
}

static void lay_root(struct laying *laying, const struct xml_node *root)
{
    static const char *const known[] = {"Action"};

    if (!xml_is(root, namespace, "Overlay")) {
        xml_problem(&laying->report, root, XML_ERROR,
                    "no overlay: its root is <%s> of namespace \"%s\", not "
                    "<Overlay> of \"%s\"",
                    root->name, root->space, namespace);
        return;
    }
    xml_attrs_known(&laying->report, root, XML_ERROR, NULL, 0);
    for (const struct xml_node *n = root->child; n; n = n->next) {
        laying->node = n;
        if (xml_is(n, namespace, "Action"))
            lay_action(laying);
        else
            xml_unknown(&laying->report, n, XML_ERROR, known, 1);
    }
    check_links(laying, root);
    refuse_text(laying, root);
}

int overlay_apply(struct plugin *plugin, struct str xml, const char *where,
                  struct problems *problems)
{
    struct laying laying = {.report = {.where = where, .problems = problems},
                            .plugin = plugin};
    size_t errors = problems->errors;
    struct error error;
    struct xml_node *root = xml_parse(xml, where, &error);

    if (!root) {
        problems_add(problems, &error, XML_ERROR);
        return error.code;
    }
    lay_root(&laying, root);
    xml_free(root);
    return problems->errors == errors ? 0 : ERROR_INVALID;
}
