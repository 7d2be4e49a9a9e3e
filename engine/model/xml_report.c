#include "model/xml.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void xml_problem(const struct xml_report *report, const struct xml_node *node,
                 enum xml_weight weight, const char *format, ...)
{
    struct error error;
    char text[sizeof error.text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_at(&error, ERROR_INVALID, report->where, node->line, node->column,
             "%s", text);
    problems_add(report->problems, &error, weight);
}

static void unknown(const struct xml_report *report,
                    const struct xml_node *node, enum xml_weight weight,
                    const char *kind, const char *name,
                    const char *const *known, size_t count)
{
    const char *near = str_nearest(name, known, count);
    struct buf hint = {0};

    if (near)
        buf_printf(&hint, "; did you mean \"%s\"?", near);
    else if (count)
        buf_add_text(&hint, "; known here:");
    for (size_t i = 0; i < count && !near; i++)
        buf_printf(&hint, " %s", known[i]);
    xml_problem(report, node, weight, "unknown %s \"%s\"%s", kind, name,
                hint.len ? hint.data : "");
    buf_free(&hint);
}

void xml_unknown(const struct xml_report *report, const struct xml_node *node,
                 enum xml_weight weight, const char *const *known, size_t count)
{
    unknown(report, node, weight, "element", node->name, known, count);
}

void xml_attrs_known(const struct xml_report *report,
                     const struct xml_node *node, enum xml_weight weight,
                     const char *const *known, size_t count)
{
    for (size_t i = 0; i < node->nattrs; i++) {
        const char *name = node->attrs[i].name;
        bool found = false;

        for (size_t j = 0; j < count && !found; j++)
            found = !strcmp(name, known[j]);
        if (!found)
            unknown(report, node, weight, "attribute", name, known, count);
    }
}
