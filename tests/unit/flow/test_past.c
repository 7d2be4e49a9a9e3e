#include "stand.h"

#include "flow/past.h"

/* riposte.past: which alarms have a key in common, and what is given of one. */

/* The keys of an alarm of the generic source. */
static size_t keys_of(const struct set *set, const char *raw,
                      const struct words *index, struct journal_key *keys)
{
    struct error error = {0};
    struct alarm *alarm = NULL;
    size_t count;

    if (source_decode(set_source(set, "generic", NULL), str_of(raw), 0, &alarm,
                      &error) != 1)
        fail_msg("%s: %s", raw, error.text);
    count = past_keys(alarm, index, keys);
    alarm_unref(alarm);
    return count;
}

/* Would an alarm with the one be found by the other? Both are JSON. */
static bool alike(const struct set *set, const char *one, const char *other)
{
    struct words index = {0};
    struct journal_key keys[2][JOURNAL_KEYS_MAX];
    char *raw[2] = {alloc_printf("{\"SIP\":%s}", one),
                    alloc_printf("{\"SIP\":%s}", other)};
    size_t count = 0;

    words_add(&index, "SIP");
    for (int i = 0; i < 2; i++) {
        count += keys_of(set, raw[i], &index, keys[i]);
        free(raw[i]);
    }
    words_free(&index);
    return count == 2 && !memcmp(&keys[0][0], &keys[1][0], sizeof keys[0][0]);
}

static void an_address_is_the_same_in_any_spelling(void **state)
{
    static const char *const same[] = {
        "\"198.51.100.7\"",       "\"::ffff:198.51.100.7\"",
        "\"[::FFFF:C633:6407]\"", "\"0306.063.0144.07\"",
        "\"0xc6.0x33.0x64.0x7\"", "\"0:0:0:0:0:ffff:c633:6407\"",
    };
    static const char *const others[] = {
        "\"198.51.100.8\"",  "\"198.51.100.0/24\"", "\"198.51.100.7 \"",
        "\"3325256711\"",    "3325256711",          "\"198.51.100.1-9\"",
        "\"198.51.100.7.\"",
    };
    struct stand *stand = *state;
    struct set *set = place_load(&stand->place);

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!alike(set, same[0], same[i]))
            fail_msg("%s is another", same[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (alike(set, same[0], others[i]))
            fail_msg("%s is the same", others[i]);
    assert_true(alike(set, "\"2001:db8::7\"", "\"2001:DB8:0:0::0007\""));
    assert_true(alike(set, "\"root\"", "\"root\""));
    assert_false(alike(set, "\"root\"", "\"Root\""));
    assert_true(alike(set, "22", "\"22\""));
    set_unref(set);
}

static void only_fields_that_are_there_have_keys(void **state)
{
    struct stand *stand = *state;
    struct set *set = place_load(&stand->place);
    struct words index = {0};
    struct journal_key keys[JOURNAL_KEYS_MAX];

    words_add(&index, "SIP");
    words_add(&index, "Login");
    assert_int_equal(
        keys_of(set, "{\"SIP\":\"x\",\"Login\":\"y\"}", &index, keys), 2);
    assert_int_equal(keys_of(set, "{\"Login\":\"y\"}", &index, keys), 1);
    assert_int_equal(keys_of(set, "{\"SIP\":null}", &index, keys), 0);
    words_free(&index);
    set_unref(set);
}

/* The policy says what it was given. */
static void site(const struct stand *stand)
{
    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/ask.lua",
               "local riposte = require 'riposte'\n"
               "local block = riposte.action('Firewall', 'Block')\n"
               "return { name = 'ask', on = { AlarmRuleName = 'ask' },\n"
               "  run = function(alarm)\n"
               "    local past = riposte.past { by = 'SIP', within = '1h' }\n"
               "    local one = past[1] or {}\n"
               "    block { value = ('%d %s %s'):format(past.n,\n"
               "      tostring(one.Login), tostring(one.truncated)) }\n"
               "  end }\n");
}

/* What it says where an earlier alarm had that Login. */
static void asked_after(struct stand *stand, const char *login)
{
    char *raw = alloc_printf("{\"AlarmRuleName\":\"x\",\"SIP\":\"192.0.2.1\","
                             "\"Login\":\"%s\"}\n",
                             login);

    site(stand);
    stand_open(stand);
    stand_offer(stand, "generic", raw, "in");
    stand_work(stand);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"ask\",\"SIP\":\"::ffff:192.0.2.1\"}\n",
                "in2");
    stand_work(stand);
    free(raw);
}

static void an_entry_has_the_fields_of_its_alarm(void **state)
{
    struct stand *stand = *state;

    asked_after(stand, "root");
    assert_true(stand_has_said(stand, "Block 1 root nil = Dry run\n"));
    stand_close(stand);
}

static void what_does_not_fit_is_left_out_and_said(void **state)
{
    struct stand *stand = *state;
    char login[2100];

    memset(login, 'x', sizeof login - 1);
    login[sizeof login - 1] = '\0';
    asked_after(stand, login);
    assert_true(stand_has_said(stand, "Block 1 nil true = Dry run\n"));
    stand_close(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAND_TEST(an_address_is_the_same_in_any_spelling),
        STAND_TEST(only_fields_that_are_there_have_keys),
        STAND_TEST(an_entry_has_the_fields_of_its_alarm),
        STAND_TEST(what_does_not_fit_is_left_out_and_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
