#include "gate/never.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { LINE = 3, NOW = 1000 };

/* A rule with those entries, each on a line of its own. */
static struct never *with(const char *const *entries, size_t count)
{
    struct never *never = never_new();
    struct error error = {0};

    never_rule(never, LINE, "protected", "ours", 0);
    for (size_t i = 0; i < count; i++)
        if (never_add(never, str_of(entries[i]), (unsigned)i + 1, 0, &error))
            fail_msg("%s: %s", entries[i], error.text);
    never_seal(never);
    return never;
}
#define WITH(...)                                                              \
    with((const char *const[]){__VA_ARGS__},                                   \
         COUNT(((const char *const[]){__VA_ARGS__})))

static bool hit(const struct never *never, enum value_type type,
                const char *value)
{
    struct never_hit found;

    return never_find(never, type, str_of(value), NOW, &found);
}

static void expect(struct never *never, enum value_type type, bool bound,
                   const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hit(never, type, values[i]) != bound)
            fail_msg("%s: %s is %sbound", type_names[type], values[i],
                     bound ? "not " : "");
}
#define BOUND(never, type, ...)                                                \
    expect(never, type, true, (const char *const[]){__VA_ARGS__},              \
           COUNT(((const char *const[]){__VA_ARGS__})))
#define FREE(never, type, ...)                                                 \
    expect(never, type, false, (const char *const[]){__VA_ARGS__},             \
           COUNT(((const char *const[]){__VA_ARGS__})))

static void any_spelling_of_an_address_is_bound(void **state)
{
    struct never *never = WITH("192.0.2.7", "2001:db8::7");

    (void)state;
    BOUND(never, TYPE_UNTYPED, "192.0.2.7", "::ffff:192.0.2.7",
          "::FFFF:C000:207", "0:0:0:0:0:ffff:192.0.2.7", "3221225991",
          "0xC0000207", "0xc0.0x0.0x2.0x7", "0300.0.2.7", "0300.0000.0002.0007",
          "030000001007", "192.0.519", "192.519", "0xc0.519", "192.0.2.007",
          "192.00.02.07", "192.0.2.7.", "[192.0.2.7]", "192.0.2.7:443",
          "192.0.2.7/32", "192.0.2.7/255.255.255.255", "192.0.2.0/24",
          "192.0.2/24", "192/8", "0.0.0.0/0", "192.0.2.1-192.0.2.9",
          "192.0.2.1-9", "[::ffff:192.0.2.7]:80", "::192.0.2.7",
          "64:ff9b::192.0.2.7", "2002:c000:207::1", "2001:db8::7",
          "2001:0DB8:0000:0000:0000:0000:0000:0007", "2001:db8::0.0.0.7",
          "[2001:db8::7]", "[2001:db8::7]:443", "2001:db8::7%eth0",
          "2001:db8::/32", "http://192.0.2.7/x", "http://u:p@192.0.2.7:8080/",
          "https://[2001:db8::7]/", "http://0300.0.2.7/", "http://3221225991",
          "ftp://user@0xc0000207/", "//192.0.2.7/share", "\\\\192.0.2.7\\share",
          "http:\\\\192.0.2.7\\x", "root@192.0.2.7", "root@[192.0.2.7]",
          "src=192.0.2.7", "<192.0.2.7>", "\"192.0.2.7\"", "(192.0.2.7)",
          "198.51.100.1 192.0.2.7", "198.51.100.1,192.0.2.7",
          "198.51.100.1;192.0.2.7", " 192.0.2.7 ", "x\t192.0.2.7\n",
          "１９２.0.2.7", "192。0。2。7", "http://%31%39%32.0.2.7/",
          "192.0.2.7/index.html", "tcp:192.0.2.7:22", "192.0.2.7%eth0",
          "192.0.2.*", "192.0.*.7", "192.0.1-3.7", "191-193.*.*.0-99",
          "192.0.2.1,7", "192.0.2.-9", "192.0.2.0 255.255.255.0",
          "192.0.2.0  0.0.0.255", "permit 192.0.2.0 0.0.0.255 any",
          "192.0.2.0/0.0.0.255", "[2001:db8::]/64", "x@[IPv6:2001:db8::7]",
          "2001-db8--7.ipv6-literal.net", "2001-DB8--7S3.IPv6-Literal.NET.",
          "\\\\2001-db8--7.ipv6-literal.net\\share", "any", "ANY", " * ");
    BOUND(never, TYPE_IP, "::ffff:0:192.0.2.7", "64:ff9b:1::c000:207",
          "fe80::5efe:192.0.2.7", "fe80::200:5efe:c000:207");
    FREE(never, TYPE_UNTYPED, "192.0.2.8", "192.0.2.70", "::ffff:192.0.2.8",
         "3221225992", "192.0.3.0/24", "192.0.2.8-192.0.2.9", "2001:db8::8",
         "2001:db8:1::/48", "http://192.0.2.8/192.0.2", "", " ", ",", "a",
         "no address 1922.0.2.7", "192.0.2.7.example.com", "192.0.2.7.1",
         "192.0.2.8-9", "192.0.3,4.7", "192.0.2.*.1", "192.0.3.*",
         "192.0.2.8,9", "192.0.3.0 255.255.255.0", "192.0.3.0 0.0.0.255",
         "192.0.2.0 22", "[2001:db8:1::]/64", "[2001:db8::8", "[]/64",
         "2001-db8--8.ipv6-literal.net", ".ipv6-literal.net", "any more", "* *",
         "all");
    FREE(never, TYPE_HOST, "any");
    never_free(never);
}

/* What a URL parser, a resolver or a person takes for the same. */
static void other_alphabets_are_the_same(void **state)
{
    struct never *never =
        WITH("192.0.2.7", "dc1.corp.example", "m\u00fcller", "root");

    (void)state;
    BOUND(never, TYPE_UNTYPED, "\u2460\u2468\u2461.\u24ea.\u2461.\u2466",
          "\u00b9\u2079\u00b2.\u2070.\u00b2.\u2077",
          "\U0001d7cf\U0001d7d7\U0001d7d0.0.2.7",
          "192\u3002"
          "0\uff61"
          "2\u2024"
          "7",
          "192.0.2\u200b.7",
          "192.0.\u00ad"
          "2.7",
          "192.0.2.7\u00a0",
          "\u3000"
          "192.0.2.7",
          "192.0.\t2.7", "http://192.0.\r\n2.7/x",
          "\u24d3\u24d2\u2460.corp.example",
          "dc1\u3002"
          "corp.example",
          "ro\u200d"
          "ot",
          "\uff32\uff2f\uff2f\uff34", "M\u00dcLLER", "mu\u0308ller");
    BOUND(never, TYPE_USER, "M\u00dcLLER",
          "ro\u00ad"
          "ot");
    FREE(never, TYPE_UNTYPED, "mueller", "muller", "\u00b9\u2079.2", "\xff",
         "%", "%4", "\u3002");
    never_free(never);
}

/* Of "a#@b/" either is the host to some program. */
static void every_host_of_an_odd_url_is_bound(void **state)
{
    struct never *never = WITH("192.0.2.7", "2001:db8::7");

    (void)state;
    BOUND(never, TYPE_URL, "http://evil.example#@192.0.2.7/",
          "http://evil.example?@192.0.2.7/", "http://evil.example\\@192.0.2.7/",
          "http://192.0.2.7:80@evil.example/", "http://192.0.2.7@evil.example",
          "http://a@192.0.2.7@b/", "http://192.0.2.7\\@evil.example/");
    FREE(never, TYPE_URL, "http://192.0.2.8/@192.0.2.7",
         "http://evil.example/?u=192.0.2.7", "http://a@b@c/192.0.2.7");
    never_free(never);
}

/* Only what a list names, not what lies between its ends. */
static void lists_in_a_pattern_are_exact(void **state)
{
    struct never *never = WITH("10.1.1.7", "10.3.0.0/16");

    (void)state;
    BOUND(never, TYPE_IP, "1,10.1.1.7", "10.0,1,2.1.7", "10.1.0,1,9.7",
          "10.1.1.0,7,255", "10.1.1.5,6,7,8", "10.1.1.8,6-7", "10.1.1.9,-7",
          "9,10.1,2.1,2.7,8", "10.2-3.*.1,5", "10.2,3.*.*", "*,1.1.1.7",
          "10.1.1.7,7", "10.3,3.0.0", "10.3.255.200,255");
    FREE(never, TYPE_IP, "1,198.18.242.72", "9,11.1.1.7", "10.0,2.1.7",
         "10.1.0,2.7", "10.1.1.6,8", "10.1.1.0-6,8-255", "10.2,4.*.*",
         "9,11.*.*.*", "10.0,2,4.*.7", "1,9,11-255.0-0.*.*", "10.1.1.6,",
         "10.1.1.,6", "10.1.1.7,,8", "10.1.1.7,256", "10.1.1.6,7-5", ",");
    never_free(never);
}

/* So many parts that not each range of them can be looked at. */
static void patterns_with_many_ranges_are_taken_as_one(void **state)
{
    struct never *never = WITH("10.1.1.7");

    (void)state;
    BOUND(never, TYPE_UNTYPED, "10.0-7.0-7.7");  /* 64 */
    FREE(never, TYPE_UNTYPED, "10.0-7.0-7.8");   /* each for itself */
    BOUND(never, TYPE_UNTYPED, "10.0-4.0-12.8"); /* 65: all between */
    FREE(never, TYPE_UNTYPED, "10.2-6.0-12.7");
    FREE(never, TYPE_UNTYPED, "10.0-4.2-14.7"); /* the second is gone through */
    FREE(never, TYPE_UNTYPED, "10.0-7.0-7.256", "10.7-0.1.7", "10.1.1.a");
    never_free(never);
}

/* The first part with a run of values for each even number from 2 to last. */
static bool hit_by_even(const struct never *never, int last)
{
    char text[1024];
    int len = 0;

    for (int i = 2; i <= last; i += 2)
        len += snprintf(text + len, sizeof text - (size_t)len, ",%d", i);
    snprintf(text + len, sizeof text - (size_t)len, ".1.1.7");
    return hit(never, TYPE_IP, text + 1);
}

static void a_first_part_with_many_runs_is_taken_as_one(void **state)
{
    struct never *never = WITH("11.1.1.7");

    (void)state;
    assert_false(hit_by_even(never, 128)); /* 64 runs */
    assert_true(hit_by_even(never, 130));
    never_free(never);
}

static void a_range_binds_what_lies_in_it_and_what_holds_it(void **state)
{
    struct never *never = WITH("10.0.0.0/8", "fd00::/8");

    (void)state;
    BOUND(never, TYPE_IP, "10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3",
          "fd12::1");
    BOUND(never, TYPE_CIDR, "10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0",
          "8.0.0.0/6", "fc00::/7", "::/0", "fd00:1::/64");
    FREE(never, TYPE_IP, "11.0.0.0", "9.255.255.255", "fc00::1");
    FREE(never, TYPE_CIDR, "11.0.0.0/8", "8.0.0.0/7", "fe00::/8");
    never_free(never);
}

static void hosts_differ_by_their_labels_alone(void **state)
{
    struct never *never = WITH("DC1.corp.example.", "*.mgmt.example", "gw");

    (void)state;
    BOUND(never, TYPE_HOST, "dc1.corp.example", "DC1.CORP.EXAMPLE.", "gw",
          "GW.", "a.mgmt.example", "a.b.MGMT.example.");
    FREE(never, TYPE_HOST, "dc1.corp.example.com", "mgmt.example",
         "xdc1.corp.example", "gw2", "dc1");
    BOUND(never, TYPE_URL, "https://dc1.corp.example/x",
          "http://u@DC1.corp.example.:8080", "ftp://a.mgmt.example");
    FREE(never, TYPE_URL, "https://example/dc1.corp.example",
         "https://example.com/?u=http://dc1.corp.example");
    BOUND(never, TYPE_EMAIL, "x@dc1.corp.example", "a@b.mgmt.example");
    FREE(never, TYPE_EMAIL, "x@example.com");
    never_free(never);
}

static void one_mailbox_has_many_spellings(void **state)
{
    struct never *never = WITH("ceo@corp.example");

    (void)state;
    BOUND(never, TYPE_UNTYPED, "ceo@corp.example", "CEO@CORP.EXAMPLE.",
          "<ceo@corp.example>", "The boss <ceo@corp.example>",
          "\"ceo\"@corp.example", "mailto:ceo@corp.example",
          "ceo%corp.example@relay.example");
    BOUND(never, TYPE_EMAIL, "ceo@corp.example.", "CEO@corp.example",
          "ceo%corp.example@relay.example");
    FREE(never, TYPE_UNTYPED, "seo@corp.example", "ceo@other.example",
         "ceo%other.example@relay.example", "mailto:", "\"\"@", "%@x", "a%@x");
    never_free(never);
}

static void users_are_found_with_and_without_domain(void **state)
{
    struct never *never =
        WITH("root", "CORP\\svc-backup", "ceo@corp.example", "corp2.example");

    (void)state;
    BOUND(never, TYPE_USER, "root", "ROOT", "corp\\Root", "root@corp.example",
          "svc-backup", "corp\\SVC-backup", "svc-backup@corp",
          "svc-backup@corp.example.com", "CEO", "ceo@CORP.example", "corp\\ceo",
          "anybody@corp2.example");
    FREE(never, TYPE_USER, "toor", "other\\svc-backup",
         "svc-backup@other.example", "ceo@other.example", "other\\ceo");
    BOUND(never, TYPE_EMAIL, "ceo@corp.example", "root@example.com",
          "x@corp2.example");
    FREE(never, TYPE_EMAIL, "ceo@example.com", "x@corp.example");
    BOUND(never, TYPE_UNTYPED, "root", "user root logged in",
          "CORP\\svc-backup", "svc-backup", "mail to ceo@corp.example,x@y");
    FREE(never, TYPE_UNTYPED, "the ceo said", "svc-backup ran", "rooted");
    never_free(never);
}

static void other_types_name_nothing(void **state)
{
    struct never *never = WITH("root", "192.0.2.7");
    static const enum value_type types[] = {TYPE_TEXT, TYPE_PORT, TYPE_INT,
                                            TYPE_HASH, TYPE_PATH, TYPE_ENUM,
                                            TYPE_FLAG};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        FREE(never, types[i], "root", "192.0.2.7", "3221225991");
    never_free(never);
}

static void a_hit_names_its_rule_and_its_place(void **state)
{
    struct never *never = WITH("198.51.100.1", "192.0.2.0/24");
    struct never_hit found = {0};

    (void)state;
    assert_true(never_find(never, TYPE_IP, str_of("192.0.2.7"), NOW, &found));
    assert_string_equal(found.entry, "192.0.2.0/24");
    assert_string_equal(found.list, "protected");
    assert_string_equal(found.reason, "ours");
    assert_int_equal(found.line, LINE);
    assert_int_equal(found.list_line, 2);
    never_free(never);
}

static void what_is_over_binds_no_longer(void **state)
{
    struct never *never = never_new();
    struct never_hit found;
    struct str address = str_of("192.0.2.7");

    (void)state;
    never_rule(never, 1, NULL, NULL, 100);
    assert_int_equal(never_add(never, address, 1, 0, NULL), 0);
    never_rule(never, 2, "l", NULL, 0);
    assert_int_equal(never_add(never, address, 1, 200, NULL), 0);
    never_seal(never);
    assert_true(never_find(never, TYPE_IP, address, 99, &found));
    assert_int_equal(found.line, 2);
    assert_true(never_find(never, TYPE_IP, address, 199, &found));
    assert_false(never_find(never, TYPE_IP, address, 200, &found));
    assert_true(
        never_find(never, TYPE_CIDR, str_of("192.0.0.0/16"), 199, &found));
    never_free(never);
}

static void entries_that_could_bind_nothing_are_errors(void **state)
{
    static const char *const entries[] = {
        "",
        "a b",
        "192.0.2.0/33",
        "http://x/",
        "a,b",
        "192.0.2.256",
        "1.2.3.4.5",
        "m\xfcller",
        "10.0.0.0-10.0.0.2",
        "/etc/passwd",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(entries); i++) {
        struct never *never = never_new();
        struct error error = {0};

        never_rule(never, 1, NULL, NULL, 0);
        if (!never_add(never, str_of(entries[i]), 1, 0, &error))
            fail_msg("%s is taken", entries[i]);
        assert_true(strlen(error.text) > 0);
        never_free(never);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_spelling_of_an_address_is_bound),
        cmocka_unit_test(other_alphabets_are_the_same),
        cmocka_unit_test(every_host_of_an_odd_url_is_bound),
        cmocka_unit_test(lists_in_a_pattern_are_exact),
        cmocka_unit_test(patterns_with_many_ranges_are_taken_as_one),
        cmocka_unit_test(a_first_part_with_many_runs_is_taken_as_one),
        cmocka_unit_test(a_range_binds_what_lies_in_it_and_what_holds_it),
        cmocka_unit_test(hosts_differ_by_their_labels_alone),
        cmocka_unit_test(one_mailbox_has_many_spellings),
        cmocka_unit_test(users_are_found_with_and_without_domain),
        cmocka_unit_test(other_types_name_nothing),
        cmocka_unit_test(a_hit_names_its_rule_and_its_place),
        cmocka_unit_test(what_is_over_binds_no_longer),
        cmocka_unit_test(entries_that_could_bind_nothing_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
