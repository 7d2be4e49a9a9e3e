#include "on.h"

#include "../seed.h"
#include "base/buf.h"
#include "policy/explain.h"

#include <stdlib.h>
#include <time.h>

static void a_refused_policy_leaves_no_trace(void **state)
{
    struct match *match = match_new();
    struct json_doc *bad = parsed("[{\"x\":1},{\"y\":{\"min\":\"1\"}}]");
    struct json_doc *good = parsed("{\"y\":1}"), *fields = parsed("{\"x\":1}");
    struct alarm alarm = alarm_of(fields);
    const size_t *numbers;

    (void)state;
    assert_true(match_add(match, json_root(bad), 3, "test", NULL) < 0);
    assert_int_equal(match_add(match, json_root(good), 4, "test", NULL), 0);
    match_seal(match);
    assert_int_equal(match_find(match, &alarm, &numbers, NULL), 0);
    match_free(match);
    json_free(bad);
    json_free(good);
    json_free(fields);
}

static void a_costly_expression_is_told(void **state)
{
    struct match *match = match_new();
    struct json_doc *costly = parsed("{\"URL\":{\"re\":\"^(a+)+$\"}}");
    struct json_doc *other = parsed("{\"URL\":{\"prefix\":\"a\"}}"), *fields;
    struct buf text = {0};
    struct alarm alarm;
    struct error error = {0};
    const size_t *numbers;

    (void)state;
    buf_add_text(&text, "{\"URL\":\"");
    for (int i = 0; i < 64; i++)
        buf_add_byte(&text, 'a');
    buf_add_text(&text, "!\"}");
    fields = parsed(text.data);
    alarm = alarm_of(fields);
    assert_int_equal(match_add(match, json_root(costly), 0, "test", NULL), 0);
    assert_int_equal(match_add(match, json_root(other), 1, "test", NULL), 0);
    match_seal(match);
    assert_int_equal(match_find(match, &alarm, &numbers, &error), 1);
    assert_int_equal(numbers[0], 1);
    assert_int_equal(error.code, ERROR_LIMIT);
    buf_free(&text);
    match_free(match);
    json_free(costly);
    json_free(other);
    json_free(fields);
}

/* ---- the index against asking every policy ---------------------------- */

enum { POLICIES = 1000, ALARMS = 1000 };

static unsigned below(unsigned *seed, unsigned n)
{
    return (unsigned)rand_r(seed) % n;
}

static void put_scalar(struct buf *buf, unsigned *seed)
{
    switch (below(seed, 4)) {
    case 0:
        buf_printf(buf, "%u", below(seed, 6));
        break;
    case 1:
        buf_printf(buf, "%u.%s", below(seed, 6), below(seed, 2) ? "5" : "0");
        break;
    case 2:
        buf_add_text(buf, below(seed, 2) ? "true" : "false");
        break;
    default:
        buf_printf(buf, "\"%c%u\"", 'a' + (int)below(seed, 3), below(seed, 4));
    }
}

static void put_list(struct buf *buf, unsigned *seed)
{
    unsigned len = 1 + below(seed, 4);

    for (unsigned i = 0; i < len; i++) {
        buf_add_byte(buf, i ? ',' : '[');
        put_scalar(buf, seed);
    }
    buf_add_byte(buf, ']');
}

static void put_condition(struct buf *buf, unsigned *seed)
{
    switch (below(seed, 9)) {
    case 0:
        put_list(buf, seed);
        break;
    case 1:
        buf_printf(buf, "{\"min\":%u,\"max\":%u}", below(seed, 4),
                   3 + below(seed, 3));
        break;
    case 2:
        buf_printf(buf, "{\"exists\":%s}", below(seed, 2) ? "true" : "false");
        break;
    case 3:
        buf_add_text(buf, "{\"none\":");
        put_list(buf, seed);
        buf_add_byte(buf, '}');
        break;
    case 4:
        buf_printf(buf, "{\"prefix\":\"%c\",\"nocase\":%s}",
                   'A' + (int)below(seed, 3),
                   below(seed, 2) ? "true" : "false");
        break;
    case 5:
        buf_printf(buf, "{\"re\":\"[%u-9]$\"}", below(seed, 4));
        break;
    default:
        put_scalar(buf, seed);
    }
}

static const char *const keys[] = {"k0", "k1", "k2", "k3[]", "k4.a", "k4.b[]"};
enum { KEYS = sizeof keys / sizeof *keys };

static void put_alternative(struct buf *buf, unsigned *seed)
{
    unsigned chosen = 1 + below(seed, (1 << KEYS) - 1), none = 0;

    chosen &= 1 + below(seed, (1 << KEYS) - 1);
    chosen |= chosen ? 0 : 1u << below(seed, KEYS);
    for (unsigned i = 0; i < KEYS; i++) {
        if (!(chosen & 1u << i))
            continue;
        buf_printf(buf, "%c\"%s\":", none++ ? ',' : '{', keys[i]);
        put_condition(buf, seed);
    }
    buf_add_byte(buf, '}');
}

static struct json_doc *random_on(unsigned *seed)
{
    struct buf buf = {0};
    unsigned len = below(seed, 3);
    struct json_doc *doc;

    if (!len)
        put_alternative(&buf, seed);
    for (unsigned i = 0; i < len; i++) {
        buf_add_byte(&buf, i ? ',' : '[');
        put_alternative(&buf, seed);
    }
    if (len)
        buf_add_byte(&buf, ']');
    doc = parsed(buf.data);
    buf_free(&buf);
    return doc;
}

static struct json_doc *random_alarm(unsigned *seed)
{
    struct buf buf = {0};
    struct json_doc *doc;

    buf_add_text(&buf, "{\"z\":0");
    for (int i = 0; i < 3; i++) {
        if (!below(seed, 4))
            continue;
        buf_printf(&buf, ",\"k%d\":", i);
        put_scalar(&buf, seed);
    }
    buf_add_text(&buf, ",\"k3\":");
    put_list(&buf, seed);
    buf_add_text(&buf, ",\"k4\":{\"a\":");
    put_scalar(&buf, seed);
    buf_add_text(&buf, ",\"b\":");
    put_list(&buf, seed);
    buf_add_text(&buf, "}}");
    doc = parsed(buf.data);
    buf_free(&buf);
    return doc;
}

/* An evaluation that shares nothing with the index but JSON's paths. */
struct naive {
    const struct json *condition;
    unsigned values, passing, excluded;
};

static bool naive_same(const struct json *a, const struct json *b)
{
    double x = a->type == JSON_INT ? (double)a->as.integer : a->as.real;
    double y = b->type == JSON_INT ? (double)b->as.integer : b->as.real;
    bool numbers = (a->type == JSON_INT || a->type == JSON_REAL) &&
                   (b->type == JSON_INT || b->type == JSON_REAL);

    if (numbers)
        return x >= y && x <= y;
    if (a->type != b->type)
        return false;
    return a->type == JSON_BOOL ? a->as.boolean == b->as.boolean
                                : str_same(a->as.text, b->as.text);
}

static bool naive_in(const struct json *value, const struct json *wanted)
{
    if (wanted->type != JSON_ARRAY)
        return naive_same(value, wanted);
    for (size_t i = 0; i < wanted->as.list.len; i++)
        if (naive_same(value, &wanted->as.list.items[i]))
            return true;
    return false;
}

static bool naive_operators(const struct json *value, const struct json *on)
{
    const struct json *min = json_member(on, "min"),
                      *max = json_member(on, "max"),
                      *re = json_member(on, "re"),
                      *prefix = json_member(on, "prefix");
    double number =
        value->type == JSON_INT ? (double)value->as.integer : value->as.real;

    if (min)
        return (value->type == JSON_INT || value->type == JSON_REAL) &&
               number >= (double)min->as.integer &&
               number <= (double)max->as.integer;
    if (prefix) {
        bool nocase = json_member(on, "nocase")->as.boolean;
        char first = value->type == JSON_TEXT ? value->as.text.data[0] : '\0';

        return first == prefix->as.text.data[0] ||
               (nocase && first == prefix->as.text.data[0] - 'A' + 'a');
    }
    if (re)
        return value->type == JSON_TEXT &&
               value->as.text.data[1] >= re->as.text.data[1];
    return true;
}

static bool naive_value(void *arg, const struct json *value)
{
    struct naive *naive = arg;
    const struct json *on = naive->condition;
    const struct json *none = json_member(on, "none");

    naive->values++;
    if (on->type == JSON_OBJECT)
        naive->passing += naive_operators(value, on);
    else
        naive->passing += naive_in(value, on);
    naive->excluded += none && naive_in(value, none);
    return true;
}

static bool naive_condition(const struct json *on, const struct json *record)
{
    struct naive naive = {.condition = on};
    const struct json *exists = json_member(on, "exists");

    json_each(record, on->key, naive_value, &naive);
    if (exists)
        return exists->as.boolean == (naive.values > 0);
    if (json_member(on, "none"))
        return !naive.excluded;
    return naive.passing > 0;
}

static bool naive_matches(const struct json *on, const struct json *record)
{
    bool any = false, all = true;

    if (on->type == JSON_ARRAY) {
        for (size_t i = 0; i < on->as.list.len; i++)
            any |= naive_matches(&on->as.list.items[i], record);
        return any;
    }
    for (size_t i = 0; i < on->as.list.len; i++)
        all &= naive_condition(&on->as.list.items[i], record);
    return all;
}

/* Who explains says the same as the index, and has a reason. */
static void explains(const struct json *on, const struct alarm *alarm,
                     bool found)
{
    struct explained explained;
    struct error error = {0};
    bool holds = false;

    if (explain_on(on, alarm, "test", &explained, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(explained.matched, found);
    for (size_t i = 0; i < explained.len; i++)
        holds |= !explained.tables[i].len;
    assert_int_equal(holds, found);
    explained_clear(&explained);
}

static void the_index_is_as_asking_everyone(void **state)
{
    enum { EXPLAINED = 40 }; /* one of as many is explained, too */
    unsigned seed = test_seed();
    struct match *match = match_new();
    struct json_doc *policies[POLICIES];
    size_t all = 0;

    (void)state;
    print_message("seed %u\n", seed);
    for (size_t i = 0; i < POLICIES; i++) {
        struct error error = {0};

        policies[i] = random_on(&seed);
        if (match_add(match, json_root(policies[i]), 3 * i, "test", &error) < 0)
            fail_msg("%s", error.text);
    }
    match_seal(match);
    for (int i = 0; i < ALARMS; i++) {
        struct json_doc *fields = random_alarm(&seed);
        struct alarm alarm = alarm_of(fields);
        const size_t *numbers;
        size_t count = match_find(match, &alarm, &numbers, NULL), at = 0;

        for (size_t j = 0; j < POLICIES; j++) {
            bool found = at < count && numbers[at] == 3 * j;

            if (found !=
                naive_matches(json_root(policies[j]), json_root(fields)))
                fail_msg("alarm %d, policy %zu: the index says %d", i, j,
                         found);
            if (!below(&seed, EXPLAINED))
                explains(json_root(policies[j]), &alarm, found);
            at += found;
        }
        assert_int_equal(at, count);
        all += count;
        json_free(fields);
    }
    assert_true(all > ALARMS);
    match_free(match);
    for (size_t i = 0; i < POLICIES; i++)
        json_free(policies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_policy_leaves_no_trace),
        cmocka_unit_test(a_costly_expression_is_told),
        cmocka_unit_test(the_index_is_as_asking_everyone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
