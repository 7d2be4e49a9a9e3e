/* The sources that come with riposte, as the files that they are. */
#include "base/alloc.h"
#include "base/clock.h"
#include "model/framing.h"
#include "model/source.h"
#include "policy/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool slurp(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file)
        return false;
    do {
        got = fread(buf_room(text, 65536), 1, 65536, file);
        text->len += got;
    } while (got);
    fclose(file);
    return true;
}

static struct source *shipped(const char *name)
{
    char *path = alloc_printf("lua/riposte/sources/%s.lua", name);
    struct buf text = {0};
    struct error error = {0};
    struct json_doc *data;
    struct source *source;

    assert_true(slurp(path, &text));
    data = data_parse(buf_str(&text), path, &error);
    if (!data)
        fail_msg("%s:%u: %s", error.where, error.line, error.text);
    source = source_compile(json_root(data), path, &error);
    if (!source)
        fail_msg("%s:%u: %s", error.where, error.line, error.text);
    assert_string_equal(source_name(source), name);
    json_free(data);
    buf_free(&text);
    free(path);
    return source;
}

static int64_t at(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(clock_parse(str_of(text), 0, &ms), 0);
    return ms;
}

/* A file of the data shared beside the project; skips the test without. */
static void shared(const char *name, struct buf *text)
{
    const char *folder = getenv("RIPOSTE_SHARED");
    char *path =
        alloc_printf("%s/data/%s", folder ? folder : "../shared", name);
    bool there = slurp(path, text);

    if (!there)
        print_message("# %s is not there: skipped\n", path);
    free(path);
    if (!there)
        skip();
}

struct tally {
    unsigned alarms, skipped, refused;
};

static struct tally
decode_all(const struct source *source, struct str text,
           void (*each)(void *arg, const struct alarm *alarm), void *arg)
{
    struct framing *framing = framing_new(source_format(source));
    struct tally tally = {0};
    struct record record;

    framing_push(framing, text);
    while (framing_next(framing, true, &record)) {
        struct alarm *alarm = NULL;
        int code = record.refused ? -1
                                  : source_decode(source, record.bytes,
                                                  at("2026-11-24T12:00:00Z"),
                                                  &alarm, NULL);

        tally.refused += code < 0;
        tally.skipped += code == 0;
        tally.alarms += code > 0;
        if (code > 0 && each)
            each(arg, alarm);
        alarm_unref(alarm);
    }
    framing_free(framing);
    return tally;
}

static bool is(const struct alarm *alarm, const char *name, const char *want)
{
    const struct json *value = alarm_get(alarm, str_of(name));
    size_t len;
    char *text = value ? alarm_text(value, &len) : alloc_text("(absent)");
    bool same = !strcmp(text, want);

    if (!same)
        print_message("# %s is \"%s\", not \"%s\"\n", name, text, want);
    free(text);
    return same;
}

static void eve(const char *name, unsigned records)
{
    struct buf text = {0};
    struct source *source;
    struct tally tally;

    shared(name, &text);
    source = shipped("suricata");
    tally = decode_all(source, buf_str(&text), NULL, NULL);
    assert_int_equal(tally.alarms, records);
    assert_int_equal(tally.skipped, 0);
    assert_int_equal(tally.refused, 0);
    buf_free(&text);
    source_free(source);
}

static void suricata_reads_what_suricata_wrote(void **state)
{
    (void)state;
    eve("suricata-first-org-conf-2015.ndjson", 136);
    eve("suricata-wrccdc-2017.ndjson", 161);
    eve("suricata-wrccdc-2018.ndjson", 207);
}

static void check_scan(void *arg, const struct alarm *alarm)
{
    (void)arg;
    assert_true(is(alarm, "AlarmRuleName", "ET SCAN Potential SSH Scan"));
    assert_true(is(alarm, "SIP", "192.0.2.8"));
    assert_true(is(alarm, "DIP", "10.47.8.150"));
    assert_true(is(alarm, "DPort", "22"));
    assert_true(is(alarm, "Protocol", "TCP"));
    assert_true(is(alarm, "VenderMessageId", "2001219"));
    assert_true(is(alarm, "alert.rev", "20"));
    assert_int_equal(alarm->time, at("2018-03-24T20:37:19.037Z"));
    assert_null(alarm->own_id);
}

static void suricata_fills_the_fields(void **state)
{
    static const char text[] =
        "{\"timestamp\":\"2018-03-24T14:37:19.037299-0600\",\"flow_id\":9,"
        "\"event_type\":\"alert\",\"src_ip\":\"192.0.2.8\",\"src_port\":26078,"
        "\"dest_ip\":\"10.47.8.150\",\"dest_port\":22,\"proto\":\"TCP\","
        "\"alert\":{\"signature_id\":2001219,\"rev\":20,\"signature\":"
        "\"ET SCAN Potential SSH Scan\",\"severity\":2}}\n"
        "{\"timestamp\":\"2018-03-24T14:37:19.037299-0600\","
        "\"event_type\":\"flow\"}\n";
    struct source *source = shipped("suricata");
    struct tally tally = decode_all(source, str_of(text), check_scan, NULL);

    (void)state;
    assert_int_equal(tally.alarms, 1);
    assert_int_equal(tally.skipped, 1);
    assert_true(source_fits(source, str_of("{\"event_type\":1,"
                                           "\"timestamp\":2}")) > 1);
    source_free(source);
}

static void generic_takes_any_object(void **state)
{
    struct source *source = shipped("generic");
    struct alarm *alarm = NULL;

    (void)state;
    assert_int_equal(
        source_decode(source,
                      str_of("{\"AlarmId\":7,\"AlarmDate\":"
                             "\"2026-01-02T03:04:05Z\",\"SIP\":\"a\"}"),
                      0, &alarm, NULL),
        1);
    assert_string_equal(alarm->own_id, "7");
    assert_int_equal(alarm->time, at("2026-01-02T03:04:05Z"));
    assert_true(is(alarm, "SIP", "a"));
    alarm_unref(alarm);
    assert_int_equal(source_fits(source, str_of("{\"x\":1}")), 1);
    assert_int_equal(source_fits(source, str_of("{}")), 0); /* nothing in it */
    source_free(source);
}

/* A second statement of the threshold: addresses with five failed passwords
 * within a minute, silent until a minute has passed without one. */
enum { ADDRESSES = 100, FAILURES = 600, MINUTE = 60000 };
struct attacker {
    char address[64];
    int64_t times[FAILURES];
    size_t len;
    int64_t silent_since; /* the last failure while silent, or 0 */
    unsigned fired;
};
struct attackers {
    struct attacker items[ADDRESSES];
    size_t len;
    unsigned failures;
};

static struct attacker *attacker_of(struct attackers *all, struct str address)
{
    size_t i = 0;

    while (i < all->len && !str_is(address, all->items[i].address))
        i++;
    assert_true(i < ADDRESSES);
    if (i == all->len) {
        snprintf(all->items[i].address, sizeof all->items[i].address, "%.*s",
                 (int)address.len, address.data);
        all->len++;
    }
    return &all->items[i];
}

static void count_failure(void *arg, const struct alarm *alarm)
{
    const struct json *rule = alarm_get(alarm, str_of("AlarmRuleName"));
    struct attackers *all = arg;
    struct attacker *one;
    size_t within = 0;

    if (!str_is(rule->as.text, "sshd: failed password"))
        return;
    all->failures++;
    one = attacker_of(all, alarm_get(alarm, str_of("SIP"))->as.text);
    if (one->silent_since && alarm->time - one->silent_since <= MINUTE) {
        one->silent_since = alarm->time;
        return;
    }
    one->silent_since = 0;
    for (int64_t i = 0; i < alarm->count; i++)
        one->times[one->len++] = alarm->time;
    for (size_t i = 0; i < one->len; i++)
        within += alarm->time - one->times[i] <= MINUTE;
    if (within >= 5) {
        one->fired++;
        one->silent_since = alarm->time;
        one->len = 0;
    }
}

static void sshd_finds_eleven_addresses(void **state)
{
    struct source *source;
    struct attackers *all;
    struct buf text = {0};
    unsigned firing = 0, firings = 0;
    struct tally tally;

    (void)state;
    shared("openssh-2k.log", &text);
    source = shipped("sshd");
    all = ALLOC(struct attackers);
    tally = decode_all(source, buf_str(&text), count_failure, all);
    for (size_t i = 0; i < all->len; i++) {
        firing += all->items[i].fired > 0;
        firings += all->items[i].fired;
    }
    assert_int_equal(tally.refused, 0);
    assert_int_equal(tally.alarms + tally.skipped, 2000);
    assert_int_equal(all->failures, 520);
    assert_int_equal(firing, 11);
    assert_int_equal(firings, 12);
    buf_free(&text);
    free(all);
    source_free(source);
}

struct expected {
    const char *message;
    const char *rule, *login, *address;
    int64_t count;
};

static void check_line(const struct source *source, const char *prefix,
                       const struct expected *expected)
{
    char *line = alloc_printf("%s%s", prefix, expected->message);
    struct error error = {0};
    struct alarm *alarm = NULL;
    int code = source_decode(source, str_of(line), at("2026-11-24T12:00:00Z"),
                             &alarm, &error);

    if (code != 1)
        fail_msg("%s: %d %s", line, code, error.text);
    assert_true(is(alarm, "AlarmRuleName", expected->rule));
    assert_true(is(alarm, "SIP", expected->address));
    if (expected->login)
        assert_true(is(alarm, "Login", expected->login));
    assert_true(is(alarm, "DHostName", "web-1"));
    assert_true(is(alarm, "Message", line));
    assert_int_equal(alarm->count, expected->count);
    assert_int_equal(alarm->time, at("2026-11-04T06:55:46Z"));
    assert_true(source_fits(source, str_of(line)) > 0);
    alarm_unref(alarm);
    free(line);
}

static void sshd_knows_old_and_new_messages(void **state)
{
    static const struct expected lines[] = {
        {"Failed password for root from 192.0.2.1 port 22 ssh2",
         "sshd: failed password", "root", "192.0.2.1", 1},
        {"Failed password for invalid user  0101 from 192.0.2.1 port 22 ssh2",
         "sshd: failed password", " 0101", "192.0.2.1", 1},
        {"Failed password for invalid user  from 192.0.2.1 port 22 ssh2",
         "sshd: failed password", "", "192.0.2.1", 1},
        {"Failed keyboard-interactive/pam for root from 2001:db8::1 port 22 "
         "ssh2",
         "sshd: failed password", "root", "2001:db8::1", 1},
        {"message repeated 5 times: [ Failed password for root from 192.0.2.1 "
         "port 22 ssh2]",
         "sshd: failed password", "root", "192.0.2.1", 5},
        {"Failed none for invalid user x from 192.0.2.1 port 22 ssh2",
         "sshd: failed login", "x", "192.0.2.1", 1},
        {"Failed publickey for root from 192.0.2.1 port 22 ssh2: RSA "
         "SHA256:abc",
         "sshd: failed login", "root", "192.0.2.1", 1},
        {"Accepted publickey for al from 192.0.2.1 port 22 ssh2: ED25519 "
         "SHA256:abc",
         "sshd: accepted login", "al", "192.0.2.1", 1},
        {"Accepted password for al from 192.0.2.1 port 22 ssh2",
         "sshd: accepted login", "al", "192.0.2.1", 1},
        {"Invalid user x from 192.0.2.1", "sshd: invalid user", "x",
         "192.0.2.1", 1},
        {"Invalid user x from 192.0.2.1 port 22", "sshd: invalid user", "x",
         "192.0.2.1", 1},
        {"error: maximum authentication attempts exceeded for invalid user x "
         "from 192.0.2.1 port 22 ssh2 [preauth]",
         "sshd: too many attempts", "x", "192.0.2.1", 1},
        {"User root from 192.0.2.1 not allowed because not listed in "
         "AllowUsers",
         "sshd: user not allowed", "root", "192.0.2.1", 1},
        {"Connection closed by authenticating user root 192.0.2.1 port 22 "
         "[preauth]",
         "sshd: login given up", "root", "192.0.2.1", 1},
        {"Did not receive identification string from 192.0.2.1",
         "sshd: no identification", NULL, "192.0.2.1", 1},
        {"banner exchange: Connection from 192.0.2.1 port 22: invalid format",
         "sshd: no identification", NULL, "192.0.2.1", 1},
    };
    static const char *const prefixes[] = {
        "Nov  4 06:55:46 web-1 sshd[24200]: ",
        "Nov 04 06:55:46 web-1 sshd-session[1]: ",
        "2026-11-04T07:55:46.000+01:00 web-1 sshd[7]: ",
        "2026-11-04T06:55:46Z web-1 sshd-auth[7]: ",
    };
    struct source *source = shipped("sshd");

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t j = 0; j < sizeof prefixes / sizeof *prefixes; j++)
            check_line(source, prefixes[j], &lines[i]);
    source_free(source);
}

/* The user name is the attacker's: the address that sshd wrote is last. */
static void sshd_is_not_told_an_address(void **state)
{
#define EVIL "root from 203.0.113.9 port 22 ssh2"
    static const struct expected lines[] = {
        {"Failed password for invalid user " EVIL " from 192.0.2.1 port 9 "
         "ssh2",
         "sshd: failed password", EVIL, "192.0.2.1", 1},
        {"Failed password for invalid user " EVIL ": x from 192.0.2.1 port 9 "
         "ssh2",
         "sshd: failed password", EVIL ": x", "192.0.2.1", 1},
        {"Failed publickey for invalid user " EVIL ": RSA SHA256:a from "
         "192.0.2.1 port 9 ssh2: RSA SHA256:b",
         "sshd: failed login", EVIL ": RSA SHA256:a", "192.0.2.1", 1},
        {"message repeated 2 times: [ Failed password for invalid user " EVIL
         "] from 192.0.2.1 port 9 ssh2]",
         "sshd: failed password", EVIL "]", "192.0.2.1", 2},
        {"Failed password for invalid user message repeated 999 times: [ "
         "Failed password for x from 203.0.113.9 port 2 ssh2] from 192.0.2.1 "
         "port 9 ssh2",
         "sshd: failed password", NULL, "192.0.2.1", 1},
        {"Invalid user x from 203.0.113.9 port 22 from 192.0.2.1 port 9",
         "sshd: invalid user", "x from 203.0.113.9 port 22", "192.0.2.1", 1},
        {"Invalid user x from 203.0.113.9 port 22 from 192.0.2.1",
         "sshd: invalid user", "x from 203.0.113.9 port 22", "192.0.2.1", 1},
        {"User x from 203.0.113.9 not allowed because y from 192.0.2.1 not "
         "allowed because not listed in AllowUsers",
         "sshd: user not allowed", NULL, "192.0.2.1", 1},
        {"Connection closed by invalid user x 203.0.113.9 port 22 [preauth] "
         "192.0.2.1 port 9 [preauth]",
         "sshd: login given up", NULL, "192.0.2.1", 1},
    };
    struct source *source = shipped("sshd");

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check_line(source, "Nov  4 06:55:46 web-1 sshd[24200]: ", &lines[i]);
    source_free(source);
}

static void sshd_skips_other_lines(void **state)
{
    static const char *const lines[] = {
        "Nov  4 06:55:46 web-1 sshd[1]: Server listening on 0.0.0.0 port 22.",
        "Nov  4 06:55:46 web-1 cron[1]: Failed password for root from "
        "192.0.2.1 port 22 ssh2",
        "Nov  4 06:55:46 web-1 sudo: sshd[1]: Failed password for root from "
        "192.0.2.1 port 22 ssh2",
        "Failed password for root from 192.0.2.1 port 22 ssh2",
        "Nov  4 06:55:46 web-1 sshd[1]: x Failed password for root from "
        "192.0.2.1 port 22 ssh2",
        "Nov  4 06:55:46 web-1 sshd[1]: Failed password for root from "
        "192.0.2.1 port 22 ssh2 and more",
    };
    struct source *source = shipped("sshd");

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct tally tally = decode_all(source, str_of(lines[i]), NULL, NULL);

        if (tally.skipped != 1)
            fail_msg("not skipped: %s", lines[i]);
    }
    source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suricata_reads_what_suricata_wrote),
        cmocka_unit_test(suricata_fills_the_fields),
        cmocka_unit_test(generic_takes_any_object),
        cmocka_unit_test(sshd_finds_eleven_addresses),
        cmocka_unit_test(sshd_knows_old_and_new_messages),
        cmocka_unit_test(sshd_is_not_told_an_address),
        cmocka_unit_test(sshd_skips_other_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
