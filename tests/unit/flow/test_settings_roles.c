#include "flow/settings_roles.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "policy/data.h"

#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY_HERE = 3999999 }; /* no user's uid, in all likelihood */
static const unsigned all =
    ROLE_VIEWER | ROLE_OPERATOR | ROLE_APPROVER | ROLE_ADMIN;

static int taken(struct roles *roles, const char *text, struct error *error)
{
    struct json_doc *doc = data_parse(str_of(text), "riposte.lua", error);
    int code;

    if (!doc)
        fail_msg("%s", error->text);
    *roles = (struct roles){0};
    code = roles_take(roles, json_root(doc), error);
    json_free(doc);
    return code;
}

static struct roles good(const char *text)
{
    struct roles roles;
    struct error error = {0};

    if (taken(&roles, text, &error))
        fail_msg("%s", error.text);
    return roles;
}

static void says(const char *text, const char *what)
{
    struct roles roles;
    struct error error = {0};

    assert_int_equal(taken(&roles, text, &error), ERROR_INVALID);
    if (!strstr(error.text, what))
        fail_msg("\"%s\" lacks \"%s\"", error.text, what);
    roles_free(&roles);
}

static void who_is_named_has_the_role(void **state)
{
    struct roles roles = good("return { viewer = { 3999999 },"
                              " approver = { 3999999, 3999998 } }");

    (void)state;
    assert_int_equal(roles_of(&roles, NOBODY_HERE, 1),
                     ROLE_VIEWER | ROLE_APPROVER);
    assert_int_equal(roles_of(&roles, NOBODY_HERE - 1, 1), ROLE_APPROVER);
    assert_int_equal(roles_of(&roles, NOBODY_HERE - 2, 1), 0);
    roles_free(&roles);
}

static void root_and_the_own_user_have_all(void **state)
{
    struct roles roles = {0};

    (void)state;
    assert_int_equal(roles_of(&roles, 0, 0), all);
    assert_int_equal(roles_of(&roles, (int64_t)geteuid(), 1), all);
}

/* Any user of this machine but root and whose process this is. */
static const struct passwd *somebody(void)
{
    const struct passwd *user;

    setpwent();
    while ((user = getpwent()) && (!user->pw_uid || user->pw_uid == geteuid()))
        ;
    assert_non_null(user);
    return user;
}

static void names_and_groups_are_this_machines(void **state)
{
    const struct passwd *user = somebody();
    int64_t uid = (int64_t)user->pw_uid, gid = (int64_t)user->pw_gid;
    const struct group *group = getgrgid(user->pw_gid);
    char *text =
        alloc_printf("return { operator = { '%s' },"
                     " admin = { '@%s', 'no-such-user', '@no-such' } }",
                     user->pw_name, group->gr_name);
    struct roles roles = good(text);

    (void)state;
    endpwent();
    assert_int_equal(roles_of(&roles, uid, gid), ROLE_OPERATOR | ROLE_ADMIN);
    assert_int_equal(roles_of(&roles, NOBODY_HERE, gid), ROLE_ADMIN);
    assert_int_equal(roles_of(&roles, NOBODY_HERE, gid + 3999), 0);
    roles_free(&roles);
    free(text);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    says("return { 'alice' }", "wants {");
    says("return { viewr = { 'alice' } }", "did you mean viewer?");
    says("return { viewer = 'alice' }", "a list for each role");
    says("return { viewer = { '' } }", "users' names");
    says("return { viewer = { '@' } }", "users' names");
    says("return { viewer = { -1 } }", "users' names");
    says("return { viewer = { 4294967295 } }", "users' names");
    says("return { viewer = { true } }", "users' names");
}

static void there_are_at_most_so_many(void **state)
{
    for (int more = 0; more < 2; more++) {
        struct buf text = {0};
        struct roles roles;
        struct error error = {0};

        (void)state;
        buf_add_text(&text, "return { viewer = {");
        for (int i = 0; i < ROLES_PEOPLE_MAX + more; i++)
            buf_printf(&text, "%d,", i + 1);
        buf_add_text(&text, "} }");
        assert_int_equal(taken(&roles, text.data, &error),
                         more ? ERROR_INVALID : 0);
        roles_free(&roles);
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_named_has_the_role),
        cmocka_unit_test(root_and_the_own_user_have_all),
        cmocka_unit_test(names_and_groups_are_this_machines),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(there_are_at_most_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
