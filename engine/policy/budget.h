#ifndef RIPOSTE_POLICY_BUDGET_H
#define RIPOSTE_POLICY_BUDGET_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What Lua code of others may use: memory, by the allocator; instructions, by
 * one count hook. Zero-initialise it, fill in the limits, make the state.
 *
 * Limits hold between budget_enter and budget_leave. What goes over one of
 * them is stopped: its coroutine yields nothing, which pcall cannot catch, or,
 * where it cannot yield (table.sort, loading), an error is raised that the
 * sandbox's pcall hands on. Either way `spent` is set, and `reason` says why.
 */
struct budget {
    size_t memory_max; /* bytes, while foreign code runs */
    size_t spare;      /* what the host's own code may have on top of it */
    int64_t work_max;  /* instructions from enter to leave */

    size_t memory;
    int64_t work;
    int64_t cpu_end; /* ns of this thread's CPU time */
    bool inside;
    bool long_string; /* what was last refused was one */
    bool spent;
    char reason[320];
};

enum {
    BUDGET_STRING_MAX = 1 << 20, /* no alarm and no output is longer */
    BUDGET_HOOK = 1000,          /* instructions between two looks */
/* What instructions do not measure: comparing strings of 1 MiB, calls
 * with thousands of arguments. Work within the limit takes 0.2 s. */
#ifdef __SANITIZE_ADDRESS__
    BUDGET_CPU_MS = 15000, /* instructions are what bounds there, too */
#else
    BUDGET_CPU_MS = 3000,
#endif
};

/* A state without any library. The budget must outlive it. */
lua_State *budget_state(struct budget *budget);
struct budget *budget_of(lua_State *L);

void budget_enter(struct budget *budget);
void budget_leave(struct budget *budget);

/* Counts work that a C function is about to do on behalf of Lua code, as
 * instructions. Does not return where that is too much. */
void budget_charge(lua_State *L, size_t work);

/* Is this what was raised because a limit was passed? Notes it where it was
 * memory, with the place where thread is. */
bool budget_stopped(lua_State *L, int index, lua_State *thread);

/* The innermost frame of code that is not the host's own; fills source,
 * short_src and currentline. Raises nothing. */
bool budget_place(lua_State *thread, lua_Debug *info);

/* The same as text: pushes "policies/x.lua:12: ", or "" where no file of
 * others is running. */
void budget_where(lua_State *L, lua_State *thread);

#endif
