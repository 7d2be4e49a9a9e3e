#include "policy/data.h"
#include "base/alloc.h"
#include "policy/budget.h"
#include "policy/message.h"
#include "policy/tree.h"

#include <lauxlib.h>

enum { SPARE = 64 * 1024 }; /* for messages, once the limit is reached */

/* What the protected part works on. */
struct job {
    struct str text;
    const char *where;
    struct lines *lines;
    struct json_doc *doc;
    struct error *error;
};

static int parse(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    struct budget *budget = budget_of(L);

    message_load(L, job->text, job->where);
    /* Its only upvalue is _ENV: an empty one. */
    lua_newtable(L);
    lua_setupvalue(L, -2, 1);
    budget_enter(budget);
    lua_call(L, 0, 1);
    budget_leave(budget);
    if (!lua_istable(L, -1))
        return luaL_error(L, "the file must return a table");
    lua_pushinteger(L, tree_build(L, -1, job->doc, json_root_mutable(job->doc),
                                  job->where, lines_return(job->lines),
                                  lines_root(job->lines), job->error));
    return 1;
}

static int evaluate(lua_State *L, struct job *job)
{
    lua_pushcfunction(L, parse);
    lua_pushlightuserdata(L, job);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK)
        return (int)lua_tointeger(L, -1);
    budget_leave(budget_of(L));
    return message_error(L, -1, job->where, job->error);
}

struct json_doc *data_parse(struct str text, const char *where,
                            struct error *error)
{
    struct budget budget = {.memory_max = DATA_MEMORY_MAX,
                            .spare = SPARE,
                            .work_max = DATA_INSTRUCTIONS_MAX};
    struct job job = {.text = text, .where = where, .error = error};
    lua_State *L;
    int rc;

    if (text.len > DATA_SIZE_MAX) {
        error_at(error, ERROR_LIMIT, where, 0, 0, "larger than %d KiB",
                 DATA_SIZE_MAX / 1024);
        return NULL;
    }
    L = budget_state(&budget);
    job.lines = lines_of(text);
    job.doc = json_new();
    rc = evaluate(L, &job);
    lua_close(L);
    lines_free(job.lines);
    if (rc == 0)
        return job.doc;
    json_free(job.doc);
    return NULL;
}
