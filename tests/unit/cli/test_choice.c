#include "cli/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct choice actions[] = {
    {.name = "Block address"}, {.name = "Block host"}, {.name = "Blocked"},
    {.name = "Is blocked"},    {.name = "20"},         {.name = "Löschen"},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

static void find(const char *answer, enum choice_match match, size_t wanted)
{
    size_t index = 99;

    assert_int_equal(choice_find(actions, ACTIONS, str_of(answer), &index),
                     match);
    assert_int_equal(index, wanted);
}

static void an_answer_is_a_name_a_beginning_or_a_number(void **state)
{
    (void)state;
    find("Block host", CHOICE_ONE, 1);
    find(" block HOST ", CHOICE_ONE, 1);
    find("is", CHOICE_ONE, 3);
    find("block", CHOICE_MANY, 0);
    find("blocked", CHOICE_ONE, 2);
    find("1", CHOICE_ONE, 0);
    find("6", CHOICE_ONE, 5);
    find("Lösch", CHOICE_ONE, 5);
}

static void a_name_goes_before_a_number(void **state)
{
    (void)state;
    find("2", CHOICE_ONE, 4);
    find("20", CHOICE_ONE, 4);
}

static void what_is_not_there_gives_the_nearest(void **state)
{
    (void)state;
    find("Is blokced", CHOICE_NONE, 3);
    find("quarantine", CHOICE_NONE, ACTIONS);
    find("", CHOICE_NONE, ACTIONS);
    find("0", CHOICE_NONE, 4);
    find("7", CHOICE_NONE, ACTIONS);
    find("9999999999999999999999", CHOICE_NONE, ACTIONS);
    find("1x", CHOICE_NONE, ACTIONS);
}

static void complete(const char *typed, enum choice_match match, size_t wanted,
                     const char *common)
{
    struct buf buf = {0};
    size_t index = 99;

    assert_int_equal(
        choice_complete(actions, ACTIONS, str_of(typed), &index, &buf), match);
    if (match == CHOICE_ONE)
        assert_int_equal(index, wanted);
    assert_true(str_is(buf_str(&buf), common));
    buf_free(&buf);
}

static void tab_completes_as_far_as_it_is_clear(void **state)
{
    (void)state;
    complete("i", CHOICE_ONE, 3, "");
    complete("B", CHOICE_MANY, 0, "Block");
    complete("block ", CHOICE_MANY, 0, "Block ");
    complete("block a", CHOICE_ONE, 0, "");
    complete("blocked", CHOICE_ONE, 2, "");
    complete("", CHOICE_MANY, 0, "");
    complete("x", CHOICE_NONE, 0, "");
}

static void it_never_completes_half_a_character(void **state)
{
    static const struct choice near[] = {{.name = "b\xc3\xa4"},
                                         {.name = "b\xc3\xb6"}};
    struct buf buf = {0};
    size_t index;

    (void)state;
    assert_int_equal(choice_complete(near, 2, str_of(""), &index, &buf),
                     CHOICE_MANY);
    assert_true(str_is(buf_str(&buf), "b"));
    buf_free(&buf);
}

static void a_choice_may_stand_for_another_text(void **state)
{
    static const struct choice field = {"SIP", "192.0.2.7", 9};

    (void)state;
    assert_true(str_is(choice_text(&field), "192.0.2.7"));
    assert_true(str_is(choice_text(&actions[0]), "Block address"));
    assert_true(choice_begins(&field, str_of("si")));
    assert_false(choice_begins(&field, str_of("192")));
    assert_false(choice_begins(&field, str_of("SIPS")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_a_name_a_beginning_or_a_number),
        cmocka_unit_test(a_name_goes_before_a_number),
        cmocka_unit_test(what_is_not_there_gives_the_nearest),
        cmocka_unit_test(tab_completes_as_far_as_it_is_clear),
        cmocka_unit_test(it_never_completes_half_a_character),
        cmocka_unit_test(a_choice_may_stand_for_another_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
