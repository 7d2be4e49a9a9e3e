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
    free(guards);
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

bool guards_member(const struct guards *guards, const char *group,
                   const char *user, int64_t uid)
{
    const struct guards_group *found = find_group(guards, group);

    for (size_t i = 0; found && i < found->len; i++) {
        const struct guards_person *person = &found->people[i];

        if (person->name ? user && !strcmp(person->name, user)
                         : person->uid == uid)
            return true;
    }
    return false;
}

/* ---- needs ------------------------------------------------------------- */

void gate_need_clear(struct gate_need *need)
{
    words_free(&need->rules);
    for (size_t i = 0; i < need->nlevels; i++)
        free(need->levels[i].group);
    free(need->levels);
    free(need->why);
    free(need->argv);
    free(need->target);
    *need = (struct gate_need){0};
}
