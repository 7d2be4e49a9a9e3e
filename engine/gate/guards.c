#include "gate/guards_inner.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct guards *guards_ref(struct guards *guards)
{
    guards->refs++;
    return guards;
}

static void group_free(struct guards_group *group)
{
    for (size_t i = 0; i < group->len; i++)
        free(group->people[i].name);
    free(group->people);
    free(group->name);
}

static void scope_free(struct guards_scope *scope)
{
    free(scope->plugin);
    free(scope->action);
    free(scope->policy);
}

static void levels_free(struct guards_level *levels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(levels[i].group);
    free(levels);
}

static void rules_free(struct guards *guards)
{
    for (size_t i = 0; i < guards->nbudgets; i++) {
        scope_free(&guards->budgets[i].scope);
        free(guards->budgets[i].group);
        free(guards->budgets[i].text);
    }
    for (size_t i = 0; i < guards->napproves; i++) {
        scope_free(&guards->approves[i].scope);
        levels_free(guards->approves[i].levels, guards->approves[i].nlevels);
        free(guards->approves[i].reason);
        free(guards->approves[i].text);
    }
    free(guards->budgets);
    free(guards->approves);
}

void guards_unref(struct guards *guards)
{
    if (!guards)
        return;
    assert(guards->refs);
    if (--guards->refs)
        return;
    for (size_t i = 0; i < guards->ngroups; i++)
        group_free(&guards->groups[i]);
    free(guards->groups);
    rules_free(guards);
    never_free(guards->never);
    free(guards->where);
    free(guards);
}

/* ---- which actions ----------------------------------------------------- */

bool guards_name(const struct guards_scope *scope, const char *plugin,
                 const char *action, const char *policy)
{
    if (scope->plugin && strcmp(scope->plugin, plugin) != 0)
        return false;
    if (scope->policy && (!policy || strcmp(scope->policy, policy) != 0))
        return false;
    return !scope->action || !strcmp(scope->action, action);
}

bool guards_concern(const struct guards_scope *scope,
                    const struct action *action, const char *policy)
{
    return guards_name(scope, action->plugin->name, action->name, policy) &&
           (scope->action || action->kind == ACTION_REMEDIATION);
}

/* ---- people ------------------------------------------------------------ */

bool guards_has_people(const struct guards *guards)
{
    return guards && guards->ngroups;
}

static const struct guards_group *find_group(const struct guards *guards,
                                             const char *name)
{
    for (size_t i = 0; guards && i < guards->ngroups; i++)
        if (!strcmp(guards->groups[i].name, name))
            return &guards->groups[i];
    return NULL;
}

int guards_group(const struct guards *guards, const char *group,
                 struct error *error)
{
    const char **names;
    const char *near;

    if (find_group(guards, group))
        return 0;
    if (!guards_has_people(guards))
        return error_set(error, ERROR_NOT_FOUND,
                         "there is no group \"%s\": guards.lua names no people",
                         group);
    names = alloc_zeroed(guards->ngroups, sizeof *names);
    for (size_t i = 0; i < guards->ngroups; i++)
        names[i] = guards->groups[i].name;
    near = str_nearest(group, names, guards->ngroups);
    free(names);
    return error_set(error, ERROR_NOT_FOUND,
                     "there is no group \"%s\" among the people of "
                     "guards.lua%s%s%s",
                     group, near ? "; did you mean \"" : "", near ? near : "",
                     near ? "\"?" : "");
}

static bool is_in(const struct guards_group *group, const char *user,
                  int64_t uid)
{
    for (size_t i = 0; i < group->len; i++) {
        const struct guards_person *person = &group->people[i];

        if (person->name ? user && !strcmp(person->name, user)
                         : person->uid == uid)
            return true;
    }
    return false;
}

bool guards_member(const struct guards *guards, const char *group,
                   const char *user, int64_t uid)
{
    for (size_t i = 0; guards && i < guards->ngroups; i++)
        if ((!group || !strcmp(guards->groups[i].name, group)) &&
            is_in(&guards->groups[i], user, uid))
            return true;
    return false;
}

/* ---- needs ------------------------------------------------------------- */

void gate_need_clear(struct gate_need *need)
{
    words_free(&need->rules);
    levels_free(need->levels, need->nlevels);
    free(need->why);
    free(need->argv);
    free(need->target);
    *need = (struct gate_need){0};
}
