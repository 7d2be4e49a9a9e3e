#include "flow/settings_inner.h"

#include "base/alloc.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct role_name role_names[ROLES] = {
    {"viewer", ROLE_VIEWER},
    {"operator", ROLE_OPERATOR},
    {"approver", ROLE_APPROVER},
    {"admin", ROLE_ADMIN},
};

/* ---- riposte.lua -------------------------------------------------------- */

static const struct role_name *find_role(struct str name)
{
    for (size_t i = 0; i < ROLES; i++)
        if (str_is(name, role_names[i].name))
            return &role_names[i];
    return NULL;
}

static int unknown_role(const struct json *item, struct error *error)
{
    const char *names[ROLES];
    char *name = str_copy(item->key);
    const char *near;

    for (size_t i = 0; i < ROLES; i++)
        names[i] = role_names[i].name;
    near = str_nearest(name, names, ROLES);
    error_at(error, ERROR_INVALID, "", item->line, 0,
             "has no role %s: there are viewer, operator, approver and "
             "admin%s%s%s",
             name, near ? "; did you mean " : "", near ? near : "",
             near ? "?" : "");
    free(name);
    return error->code;
}

static int take_person(struct roles *roles, enum role role,
                       const struct json *item, struct error *error)
{
    struct role_person person = {.role = role};
    struct str text = item->as.text;

    if (item->type == JSON_INT && item->as.integer >= 0 &&
        item->as.integer < UINT32_MAX)
        person.uid = item->as.integer;
    else if (!settings_plain(item) || !text.len || str_is(text, "@"))
        return settings_wrong(item, error,
                              "users' names, \"@GROUP\" or uids in each role");
    else
        person.group = text.data[0] == '@';
    if (roles->len == ROLES_PEOPLE_MAX)
        return settings_wrong(item, error, "at most 1000 entries");
    if (item->type == JSON_TEXT)
        person.name = str_copy(
            (struct str){text.data + person.group, text.len - person.group});
    roles->people = alloc_grown(roles->people, roles->len, &roles->cap,
                                sizeof *roles->people);
    roles->people[roles->len++] = person;
    return 0;
}

static int take_role(struct roles *roles, const struct json *item,
                     struct error *error)
{
    const struct role_name *role = find_role(item->key);
    int err = 0;

    if (!role)
        return unknown_role(item, error);
    if (item->type != JSON_ARRAY)
        return settings_wrong(item, error, "a list for each role");
    for (size_t i = 0; i < item->as.list.len && !err; i++)
        err = take_person(roles, role->role, &item->as.list.items[i], error);
    return err;
}

int roles_take(struct roles *roles, const struct json *value,
               struct error *error)
{
    int err = 0;

    if (value->type != JSON_OBJECT)
        return settings_wrong(value, error,
                              "{ operator = { \"alice\", \"@soc\" } }");
    for (size_t i = 0; i < value->as.list.len && !err; i++)
        err = take_role(roles, &value->as.list.items[i], error);
    return err;
}

void roles_free(struct roles *roles)
{
    for (size_t i = 0; i < roles->len; i++)
        free(roles->people[i].name);
    free(roles->people);
}

/* ---- who has them ------------------------------------------------------- */

static bool has_group(const struct passwd *user, gid_t primary, gid_t wanted)
{
    enum { GROUPS_MAX = 1024 }; /* of one user: far above what is usual */
    gid_t *groups;
    int len = GROUPS_MAX;
    bool found = primary == wanted;

    if (found || !user)
        return found;
    groups = alloc_zeroed(GROUPS_MAX, sizeof *groups);
    if (getgrouplist(user->pw_name, primary, groups, &len) < 0)
        len = GROUPS_MAX;
    for (int i = 0; i < len && !found; i++)
        found = groups[i] == wanted;
    free(groups);
    return found;
}

static bool is_meant(const struct role_person *person,
                     const struct passwd *user, int64_t uid, int64_t gid)
{
    const struct group *group;

    if (!person->name)
        return person->uid == uid;
    if (!person->group)
        return user && !strcmp(user->pw_name, person->name);
    group = getgrnam(person->name);
    return group && has_group(user, (gid_t)gid, group->gr_gid);
}

unsigned roles_of(const struct roles *roles, int64_t uid, int64_t gid)
{
    const struct passwd *user = getpwuid((uid_t)uid);
    unsigned sum = 0;

    if (!uid || uid == (int64_t)geteuid())
        return ROLE_VIEWER | ROLE_OPERATOR | ROLE_APPROVER | ROLE_ADMIN;
    for (size_t i = 0; i < roles->len; i++)
        if (!(sum & roles->people[i].role) &&
            is_meant(&roles->people[i], user, uid, gid))
            sum |= roles->people[i].role;
    return sum;
}
