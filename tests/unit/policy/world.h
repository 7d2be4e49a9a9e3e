/* A site of one plugin for tests: what policies may refer to. */
#include "base/alloc.h"
#include "model/catalogue.h"
#include "policy/policy.h"
#include "policy/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char kit[] =
    "<R:Remediation-Plugin xmlns:R=\"RemediationVersion1.xsd\" Name=\"Kit\" "
    "Version=\"1\" IsLogRhythmPlugin=\"false\">"
    "<R:Action Name=\"Look\" Command=\"sh\">"
    "<R:StringParameter Name=\"Address\" Switch=\"\" Order=\"1\"/>"
    "<R:StringParameter Name=\"Host Name\" Switch=\"\" Order=\"2\"/>"
    "</R:Action>"
    "<R:Action Name=\"Act\" Command=\"sh\">"
    "<R:StringParameter Name=\"Address\" Switch=\"\" Order=\"1\"/>"
    "</R:Action>"
    "</R:Remediation-Plugin>";

static const char kit_overlay[] = "<Overlay xmlns=\"urn:riposte:overlay:1\">"
                                  "<Action Name=\"Look\" Kind=\"context\"/>"
                                  "</Overlay>";

/* policies/lib/NAME.lua by name and text, NULL at the end. */
static const char *const *world_modules;
static bool world_allows = true;

static bool world_module(void *arg, const char *name, struct str *text)
{
    (void)arg;
    for (const char *const *at = world_modules; at && *at; at += 2)
        if (strcmp(*at, name) == 0) {
            *text = str_of(at[1]);
            return true;
        }
    return false;
}

static bool world_list(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "allow") == 0;
}

static bool world_allowed(void *arg, const struct action *action)
{
    (void)arg;
    (void)action;
    return world_allows;
}

static struct catalogue world_catalogue;
static struct policy_world world = {
    .catalogue = &world_catalogue,
    .module = world_module,
    .list = world_list,
    .allowed_unavailable = world_allowed,
};

static int world_open(void **state)
{
    struct problems problems = {0};
    struct plugin *plugin =
        manifest_parse(str_of(kit), "kit", "/nowhere", &problems);

    (void)state;
    assert_non_null(plugin);
    assert_int_equal(
        overlay_apply(plugin, str_of(kit_overlay), "kit", &problems), 0);
    assert_int_equal(catalogue_add(&world_catalogue, plugin, NULL), 0);
    problems_free(&problems);
    return 0;
}

static int world_close(void **state)
{
    (void)state;
    catalogue_free(&world_catalogue);
    return 0;
}
