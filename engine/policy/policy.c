#include "policy/policy.h"

#include "base/alloc.h"
#include "model/json_out.h"
#include "policy/indexed.h"
#include "policy/policy_inner.h"
#include "policy/sandbox.h"
#include "policy/tree.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void policy_complain(struct loader *loader, unsigned line, bool warning,
                     const char *format, ...)
{
    struct error error;
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!line)
        line = lines_return(loader->lines);
    error_at(&error, ERROR_INVALID, loader->policy->file, line, 0, "%s", text);
    problems_add(loader->problems, &error, warning);
}

/* What the counts depend on. */
static void hash_counter(struct policy *policy)
{
    const struct policy_threshold *threshold = &policy->threshold;
    struct hash *hash = hash_new();
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_open(&out, '[');
    json_put_text(&out, policy->name);
    if (policy->on)
        json_put_value(&out, policy->on);
    json_put_int(&out, threshold->count);
    json_put_int(&out, threshold->within);
    json_put_int(&out, threshold->again);
    for (size_t i = 0; i < threshold->by.len; i++)
        json_put_text(&out, threshold->by.items[i]);
    json_close(&out, ']');
    hash_add(hash, buf_str(&buf));
    hash_end(hash, policy->counter);
    buf_free(&buf);
}

/* ---- loading ----------------------------------------------------------- */

/* Takes the table's functions out, since they have no place in a tree: `run`,
 * and what was meant to be it. */
static void take_functions(struct loader *loader, lua_State *L)
{
    const struct lines_table *below;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name;

        if (!lua_isfunction(L, -1) || lua_type(L, -2) != LUA_TSTRING)
            continue;
        name = lua_tostring(L, -2);
        loader->has_run |= strcmp(name, "run") == 0;
        if (strcmp(name, "run") != 0)
            policy_complain(
                loader,
                lines_find(lines_root(loader->lines), str_of(name), 0, &below),
                false, "a policy's one function is run, not %s", name);
        lua_pushvalue(L, -2);
        lua_pushnil(L);
        lua_rawset(L, -5);
    }
}

/* Runs the file and takes its table apart. */
static int load(lua_State *L)
{
    struct loader *loader = lua_touserdata(L, 1);
    struct policy *policy = loader->policy;
    struct str text = {policy->text, policy->text_len};

    sandbox_run_file(L, text, policy->file);
    if (!lua_istable(L, -1))
        return luaL_error(L,
                          "the file must return the policy, a table; it "
                          "returned a %s",
                          luaL_typename(L, -1));
    take_functions(loader, L);
    if (tree_build(L, -1, policy->doc, json_root_mutable(policy->doc),
                   policy->file, lines_return(loader->lines),
                   lines_root(loader->lines), &loader->error) == 0)
        loader->data = json_root(policy->doc);
    return 0;
}

static void run_file(struct loader *loader)
{
    struct sandbox sandbox = {.world = loader->policy->world,
                              .file = loader->policy->file,
                              .problems = loader->problems};
    int rc = sandbox_open(&sandbox, &loader->error);

    if (rc == 0)
        rc = sandbox_call(&sandbox, load, loader, &loader->error);
    sandbox_close(&sandbox);
    if (rc || !loader->data)
        problems_add(loader->problems, &loader->error, 0);
    else
        policy_take_parts(loader);
    indexed_check(loader);
}

struct policy *policy_load(const struct policy_world *world, const char *file,
                           struct str text, struct problems *problems)
{
    size_t before = problems->errors;
    struct policy *policy = ALLOC(struct policy);
    struct loader loader = {.policy = policy, .problems = problems};

    policy->file = alloc_text(file);
    policy->text = str_copy(text);
    policy->text_len = text.len;
    policy->doc = json_new();
    policy->world = world;
    loader.lines = lines_of((struct str){policy->text, policy->text_len});
    if (text.len > POLICY_TEXT_MAX)
        policy_complain(&loader, 0, false, "larger than %d KiB",
                        POLICY_TEXT_MAX / 1024);
    else
        run_file(&loader);
    lines_free(loader.lines);
    if (problems->errors == before) {
        hash_counter(policy);
        return policy;
    }
    policy_free(policy);
    return NULL;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    free(policy->name);
    free(policy->file);
    free(policy->text);
    free(policy->every);
    words_free(&policy->tags);
    json_free(policy->doc);
    words_free(&policy->threshold.by);
    free(policy);
}
