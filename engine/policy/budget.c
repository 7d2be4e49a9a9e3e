#include "policy/budget.h"
#include "base/alloc.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STRING_HEADER = 64,  /* more than Lua's own, so that the limit is exact
                            to a few bytes above it, never below */
    BYTES_PER_WORK = 64, /* fresh memory costs about an instruction a line of
                            cache: `a .. b` is one instruction, however long */
};

/* Raised where the code on the CPU cannot yield. Its address is its value. */
static const char sentinel = 0;

/* Lua's own text, raised by the core and by its buffers. Code that raises
 * the same text stops itself, and nobody else. */
static const char no_memory[] = "not enough memory";

static int64_t cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct budget *budget_of(lua_State *L)
{
    void *budget;

    lua_getallocf(L, &budget);
    return budget;
}

/* For a new object Lua tells its type in place of the old size. */
static bool too_long(const void *old, size_t kind, size_t size)
{
    return !old && kind == LUA_TSTRING &&
           size > BUDGET_STRING_MAX + STRING_HEADER;
}

static void *allocate(void *arg, void *old, size_t old_size, size_t size)
{
    struct budget *budget = arg;
    size_t before = old ? old_size : 0;
    size_t max = budget->memory_max + (budget->inside ? 0 : budget->spare);
    size_t rest = budget->memory < max ? max - budget->memory : 0;

    if (!size) {
        free(old);
        budget->memory -= before;
        return NULL;
    }
    if (size > before) {
        budget->long_string = too_long(old, old_size, size);
        if (budget->long_string || size - before > rest)
            return NULL;
        budget->work += (int64_t)((size - before) / BYTES_PER_WORK);
    }
    budget->memory = budget->memory - before + size;
    return alloc_resized(old, size, 1);
}

/* The host's own modules are named riposte/…, C has no source. */
static bool foreign(lua_State *thread, int level, lua_Debug *info)
{
    static const char own[] = "@riposte/";

    return lua_getstack(thread, level, info) &&
           lua_getinfo(thread, "Sl", info) && info->currentline > 0 &&
           strncmp(info->source, own, sizeof own - 1) != 0;
}

bool budget_place(lua_State *thread, lua_Debug *info)
{
    lua_Debug any;

    for (int level = 0; lua_getstack(thread, level, &any); level++)
        if (foreign(thread, level, info))
            return true;
    return false;
}

void budget_where(lua_State *L, lua_State *thread)
{
    lua_Debug info;

    if (budget_place(thread, &info))
        lua_pushfstring(L, "%s:%d: ", info.short_src, info.currentline);
    else
        lua_pushliteral(L, "");
}

/* Allocates nothing: there may be no memory left. */
static void note(struct budget *budget, lua_State *thread, const char *what)
{
    lua_Debug info;

    budget->spent = true;
    if (budget_place(thread, &info))
        snprintf(budget->reason, sizeof budget->reason, "%s:%d: %s",
                 info.short_src, info.currentline, what);
    else
        snprintf(budget->reason, sizeof budget->reason, "%s", what);
}

static void hook(lua_State *L, lua_Debug *info);

/* From the hook it returns where it yields, as lua_yield demands. */
static void stop(lua_State *L, struct budget *budget, const char *what)
{
    if (!budget->spent)
        note(budget, L, what);
    /* Whatever catches this must not get far: from now on the hook comes at
     * every instruction. */
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    if (lua_isyieldable(L)) {
        lua_yield(L, 0);
        return;
    }
    lua_pushlightuserdata(L, (void *)(uintptr_t)&sentinel);
    lua_error(L);
}

/* "10,000,000" */
static void grouped(int64_t number, char text[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)number);
    size_t used = 0;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

static void spend(lua_State *L, int64_t work)
{
    struct budget *budget = budget_of(L);
    char what[128], count[32];

    if (!budget->inside)
        return;
    budget->work += work;
    if (!budget->spent && budget->work > budget->work_max) {
        grouped(budget->work_max, count);
        snprintf(what, sizeof what,
                 "ran over %s instructions without asking for anything", count);
        stop(L, budget, what);
    } else if (budget->spent ||
               (work >= BUDGET_HOOK && cpu_now() > budget->cpu_end)) {
        stop(L, budget, "ran for too long without asking for anything");
    }
}

static void hook(lua_State *L, lua_Debug *info)
{
    (void)info;
    spend(L, lua_gethookcount(L));
}

void budget_charge(lua_State *L, size_t work)
{
    spend(L, (int64_t)work);
}

lua_State *budget_state(struct budget *budget)
{
    lua_State *L = lua_newstate(allocate, budget);

    if (L)
        lua_sethook(L, hook, LUA_MASKCOUNT, BUDGET_HOOK);
    return L;
}

void budget_enter(struct budget *budget)
{
    budget->inside = true;
    budget->work = 0;
    budget->cpu_end = cpu_now() + (int64_t)BUDGET_CPU_MS * 1000000;
}

void budget_leave(struct budget *budget)
{
    budget->inside = false;
}

static void note_memory(struct budget *budget, lua_State *thread)
{
    char what[64];

    if (budget->long_string)
        snprintf(what, sizeof what, "made a string of over %d MiB",
                 BUDGET_STRING_MAX >> 20);
    else
        snprintf(what, sizeof what, "used over %zu MiB of memory",
                 budget->memory_max >> 20);
    note(budget, thread, what);
}

bool budget_stopped(lua_State *L, int index, lua_State *thread)
{
    struct budget *budget = budget_of(L);

    if (lua_touserdata(L, index) == &sentinel)
        return true;
    if (lua_type(L, index) != LUA_TSTRING ||
        strcmp(lua_tostring(L, index), no_memory) != 0)
        return false;
    if (!budget->spent)
        note_memory(budget, thread);
    return true;
}
