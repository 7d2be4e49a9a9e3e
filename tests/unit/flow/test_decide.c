#include "flow/decide.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Who may decide, and when enough have. */

static const char *const people = "{\"people\":{"
                                  "\"analysts\":[\"alice\",\"bob\",1001],"
                                  "\"leads\":[\"carol\",\"alice\"]}}";

static struct guards *guards_of(const char *text)
{
    const struct catalogue catalogue = {0};
    const struct guards_world world = {.catalogue = &catalogue};
    struct problems problems = {0};
    struct json_doc *doc = json_parse(str_of(text), "guards", 1, NULL);
    struct guards *guards =
        guards_compile(json_root(doc), "guards.lua", &world, &problems);

    assert_int_equal(problems.len, 0);
    json_free(doc);
    return guards;
}

static struct journal_approval row_with(const char *levels)
{
    return (struct journal_approval){.approval = 3,
                                     .run = 1,
                                     .levels = str_of(levels),
                                     .expires = 100,
                                     .state = JOURNAL_OPEN,
                                     .requester = "name root"};
}

static void begin(struct deciding *deciding, const char *levels)
{
    struct journal_approval row = row_with(levels);
    struct error error = {0};

    assert_int_equal(deciding_begin(deciding, &row, 99, &error), 0);
}

/* "" where the person may; else why not. */
static void may(const struct deciding *deciding, const struct guards *guards,
                const char *name, int64_t uid, const char *want)
{
    struct person person = {.id = alloc_printf("name %s", name),
                            .name = alloc_text(name),
                            .uid = uid};
    struct error error = {0};
    int code = deciding_may(deciding, guards, &person, &error);

    assert_int_equal(code, *want ? ERROR_INVALID : 0);
    if (!strstr(error.text, want))
        fail_msg("%s: %s", name, error.text);
    person_clear(&person);
}

static void say(struct deciding *deciding, const char *person, bool yes)
{
    deciding_add(deciding,
                 &(struct journal_decision){.level = (unsigned)deciding->level,
                                            .yes = yes,
                                            .person = person});
}

static void levels_are_passed_one_after_another(void **state)
{
    struct guards *guards = guards_of(people);
    struct deciding deciding;

    (void)state;
    begin(&deciding, "[{\"group\":\"analysts\",\"quorum\":2},"
                     "{\"group\":\"leads\",\"quorum\":1}]");
    may(&deciding, guards, "alice", -1, "");
    may(&deciding, guards, "nameless", 1001, "");
    may(&deciding, guards, "carol", -1, "not among the analysts");
    assert_string_equal(deciding_state(&deciding, true), JOURNAL_OPEN);
    say(&deciding, "name alice", true);
    may(&deciding, guards, "alice", -1, "nobody counts twice");
    assert_string_equal(deciding_state(&deciding, true), JOURNAL_OPEN);
    say(&deciding, "name bob", true);
    may(&deciding, guards, "nameless", 1001, "not among the leads");
    may(&deciding, guards, "alice", -1, "nobody counts twice");
    may(&deciding, guards, "carol", -1, "");
    assert_string_equal(deciding_state(&deciding, true), JOURNAL_APPROVED);
    assert_string_equal(deciding_state(&deciding, false), JOURNAL_DENIED);
    deciding_clear(&deciding);
    guards_unref(guards);
}

static void without_a_group_anybody_named_but_the_requester(void **state)
{
    struct guards *guards = guards_of(people);
    struct guards *nobody = guards_of("{}");
    struct deciding deciding;

    (void)state;
    begin(&deciding, "[{\"group\":null,\"quorum\":1}]");
    may(&deciding, guards, "carol", -1, "");
    may(&deciding, guards, "mallory", -1, "the people of guards.lua");
    may(&deciding, nobody, "mallory", -1, "");
    may(&deciding, NULL, "mallory", -1, "");
    may(&deciding, NULL, "root", 0, "somebody else has to decide");
    deciding_clear(&deciding);
    guards_unref(nobody);
    guards_unref(guards);
}

static void a_group_that_is_gone_lets_nobody_decide(void **state)
{
    struct guards *guards = guards_of(people);
    struct deciding deciding;

    (void)state;
    begin(&deciding, "[{\"group\":\"analyst\",\"quorum\":1}]");
    may(&deciding, guards, "alice", -1, "did you mean \"analysts\"?");
    may(&deciding, NULL, "alice", -1, "names no people");
    deciding_clear(&deciding);
    guards_unref(guards);
}

static void refused(const struct journal_approval *row, int64_t now,
                    const char *want)
{
    struct deciding deciding;
    struct error error = {0};

    assert_true(deciding_begin(&deciding, row, now, &error) < 0);
    if (!strstr(error.text, want))
        fail_msg("%s", error.text);
    deciding_clear(&deciding);
}

static void what_is_over_cannot_be_decided(void **state)
{
    struct journal_approval row = row_with("[{\"quorum\":1}]");

    (void)state;
    refused(&row, 100, "nobody answered in time");
    row.outcome = "aborted";
    refused(&row, 99, "has ended: aborted");
    row.state = JOURNAL_USED;
    refused(&row, 99, "it is used");
    row = row_with("[]");
    refused(&row, 99, "cannot be read");
    row = row_with("[{}]");
    refused(&row, 99, "cannot be read");
    row = row_with("[{\"quorum\":1}");
    refused(&row, 99, "cannot be read");
}

/* One uid is one person, whatever it is called. */
static void people_are_told_by_their_uid(void **state)
{
    struct person root, other;

    (void)state;
    person_named(&root, "root");
    assert_string_equal(root.id, "uid 0");
    person_named(&other, "nobody-of-that-name");
    assert_string_equal(other.id, "name nobody-of-that-name");
    assert_int_equal(other.uid, -1);
    person_clear(&other);
    person_clear(&root);
    person_caller(&other);
    assert_int_equal(strncmp(other.id, "uid ", 4), 0);
    person_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_passed_one_after_another),
        cmocka_unit_test(without_a_group_anybody_named_but_the_requester),
        cmocka_unit_test(a_group_that_is_gone_lets_nobody_decide),
        cmocka_unit_test(what_is_over_cannot_be_decided),
        cmocka_unit_test(people_are_told_by_their_uid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
