#include "model/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void there_are_54_and_each_is_found(void **state)
{
    (void)state;
    assert_int_equal(field_count, 54);
    for (size_t i = 0; i < field_count; i++)
        assert_ptr_equal(field_find(str_of(field_table[i].name)),
                         &field_table[i]);
}

static void names_are_exact_unless_case_is_ignored(void **state)
{
    (void)state;
    assert_null(field_find(str_of("sip")));
    assert_null(field_find(str_of("SIPx")));
    assert_null(field_find(str_of("")));
    assert_null(field_find(str_of("VendorMessageId")));
    assert_null(field_find_nocase(str_of("SI")));
    assert_string_equal(field_find_nocase(str_of("sip"))->name, "SIP");
    assert_string_equal(field_find_nocase(str_of("DHOSTNAME"))->name,
                        "DHostName");
}

static void twelve_are_numbers_and_two_are_dates(void **state)
{
    size_t numbers = 0, dates = 0;

    (void)state;
    for (size_t i = 0; i < field_count; i++) {
        numbers += field_table[i].number;
        dates += field_table[i].date;
    }
    assert_int_equal(numbers, 12);
    assert_int_equal(dates, 2);
    assert_true(field_find(str_of("DPort"))->number);
    assert_true(field_find(str_of("ProtocolNumber"))->number);
    assert_false(field_find(str_of("Protocol"))->number);
    assert_true(field_find(str_of("AlarmDate"))->date);
}

static void old_names_lead_to_a_field(void **state)
{
    (void)state;
    assert_string_equal(field_find_old(str_of("DHostIP"))->name, "DIP");
    assert_string_equal(field_find_old(str_of("shostip"))->name, "SIP");
    assert_null(field_find_old(str_of("SIP")));
    assert_null(field_find_old(str_of("ObjectType")));
    assert_null(field_find_old(str_of("")));
}

static void four_are_hosts(void **state)
{
    static const char *const names[] = {"SHostName", "DHostName", "KnownSHost",
                                        "KnownDHost"};
    size_t hosts = 0;

    (void)state;
    for (size_t i = 0; i < field_count; i++)
        hosts += field_table[i].host;
    assert_int_equal(hosts, 4);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(field_find(str_of(names[i]))->host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_54_and_each_is_found),
        cmocka_unit_test(names_are_exact_unless_case_is_ignored),
        cmocka_unit_test(twelve_are_numbers_and_two_are_dates),
        cmocka_unit_test(old_names_lead_to_a_field),
        cmocka_unit_test(four_are_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
