#ifndef RIPOSTE_TESTS_PLUGIN_HELP_H
#define RIPOSTE_TESTS_PLUGIN_HELP_H

/* Plugins out of a few lines of XML, for the tests of the catalogue. */

#include "base/alloc.h"
#include "model/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Elements without prefix, inside the root; the folder is the payload's. */
static inline struct plugin *plugin_named(const char *name, const char *inside,
                                          const char *folder)
{
    struct problems problems = {0};
    char *xml = alloc_printf(
        "<Remediation-Plugin xmlns='RemediationVersion1.xsd' Name='%s' "
        "Guid='2f6f81b1-09dd-4fe3-a0d5-58797a0a58ba'>%s"
        "</Remediation-Plugin>",
        name, inside);
    struct plugin *plugin =
        manifest_parse(str_of(xml), "actions.xml", folder, &problems);

    if (!plugin)
        fail_msg("%s", problems.items[0].error.text);
    problems_free(&problems);
    free(xml);
    return plugin;
}

static inline struct plugin *plugin_of(const char *inside)
{
    return plugin_named("P", inside, "/payload");
}

#endif
