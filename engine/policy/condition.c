#include "policy/condition_inner.h"

#include <string.h>

static bool is_number(const struct json *value)
{
    return value->type == JSON_INT || value->type == JSON_UINT ||
           value->type == JSON_REAL;
}

/* A long double holds 64-bit integers and doubles exactly, on x86-64 and on
 * arm64. */
static long double number_of(const struct json *value)
{
    if (value->type == JSON_INT)
        return (long double)value->as.integer;
    if (value->type == JSON_UINT)
        return (long double)value->as.natural;
    return (long double)value->as.real;
}

static bool is_same(const struct json *value, const struct json *wanted,
                    bool nocase)
{
    if (is_number(value) && is_number(wanted))
        return number_of(value) == number_of(wanted);
    if (value->type != wanted->type)
        return false;
    if (value->type == JSON_BOOL)
        return value->as.boolean == wanted->as.boolean;
    if (value->type != JSON_TEXT)
        return false;
    return nocase ? str_same_nocase(value->as.text, wanted->as.text)
                  : str_same(value->as.text, wanted->as.text);
}

static bool has_prefix(struct str text, struct str prefix, bool nocase)
{
    if (text.len < prefix.len)
        return false;
    text.len = prefix.len;
    return nocase ? str_same_nocase(text, prefix) : str_same(text, prefix);
}

static bool in_range(struct str text, const struct addr *range)
{
    struct addr addr;

    return !addr_parse_range(text, &addr) && addr_contains(range, &addr);
}

static bool re_matches(struct regex *regex, struct str text,
                       struct error *error)
{
    struct error problem = {0};
    int matched = regex_match(regex, text, 0, &problem);

    if (matched < 0 && error && !error->code)
        *error = problem;
    return matched > 0;
}

static bool operand_fits(const struct test *test, const struct operand *operand,
                         const struct json *value, struct error *error)
{
    switch (test->op) {
    case OP_IS:
        return is_same(value, operand->value, test->nocase);
    case OP_MIN:
        return is_number(value) &&
               number_of(value) >= number_of(operand->value);
    case OP_MAX:
        return is_number(value) &&
               number_of(value) <= number_of(operand->value);
    case OP_RE:
        return value->type == JSON_TEXT &&
               re_matches(operand->regex, value->as.text, error);
    case OP_CIDR:
        return value->type == JSON_TEXT &&
               in_range(value->as.text, &operand->range);
    case OP_PREFIX:
        return value->type == JSON_TEXT &&
               has_prefix(value->as.text, operand->value->as.text,
                          test->nocase);
    }
    return false;
}

static bool test_passes(const struct test *test, const struct json *value,
                        struct error *error)
{
    for (size_t i = 0; i < test->len; i++)
        if (operand_fits(test, &test->operands[i], value, error))
            return true;
    return false;
}

static bool passes_all(const struct condition *condition,
                       const struct json *value, struct error *error)
{
    for (size_t i = 0; i < condition->ntests; i++)
        if (!test_passes(&condition->tests[i], value, error))
            return false;
    return true;
}

static bool is_excluded(const struct condition *condition,
                        const struct json *value, struct error *error)
{
    for (size_t i = 0; i < condition->nnone; i++)
        if (passes_all(&condition->none[i], value, error))
            return true;
    return false;
}

bool condition_holds(const struct condition *condition,
                     const struct json *const *values, size_t len,
                     struct error *error)
{
    bool passed = condition->ntests == 0;

    if ((condition->exists == EXISTS_NO && len) ||
        (condition->exists == EXISTS_YES && !len))
        return false;
    for (size_t i = 0; i < len && !passed; i++)
        passed = passes_all(condition, values[i], error);
    for (size_t i = 0; i < len && passed; i++)
        passed = !is_excluded(condition, values[i], error);
    return passed;
}

bool condition_several(struct str key)
{
    return key.len > 1 && memmem(key.data, key.len, "[]", 2);
}

void condition_values(const struct alarm *alarm, struct str key, bool several,
                      bool (*each)(void *arg, const struct json *value),
                      void *arg)
{
    const struct json *value;

    if (several) {
        json_each(alarm->record ? alarm->record : alarm->fields, key, each,
                  arg);
        return;
    }
    value = alarm_get(alarm, key);
    if (value)
        each(arg, value);
}

/* ---- why not ------------------------------------------------------------ */

/* The first test that the value fails, or NULL. */
static const struct test *failed_test(const struct condition *condition,
                                      const struct json *value)
{
    for (size_t i = 0; i < condition->ntests; i++)
        if (!test_passes(&condition->tests[i], value, NULL))
            return &condition->tests[i];
    return NULL;
}

/* No value passes: the test that all of them fail, where it is one. */
static struct condition_why failed_by_all(const struct condition *condition,
                                          const struct json *const *values,
                                          size_t len)
{
    const struct test *test = len ? failed_test(condition, values[0]) : NULL;

    for (size_t i = 1; i < len && test; i++)
        if (failed_test(condition, values[i]) != test)
            test = NULL;
    return (struct condition_why){
        .test = test ? condition_op_name(test->op) : NULL,
        .value = len == 1 ? values[0] : NULL,
    };
}

static const struct json *first_excluded(const struct condition *condition,
                                         const struct json *const *values,
                                         size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_excluded(condition, values[i], NULL))
            return values[i];
    return NULL;
}

static bool one_passes(const struct condition *condition,
                       const struct json *const *values, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (passes_all(condition, values[i], NULL))
            return true;
    return condition->ntests == 0;
}

bool condition_explain(const struct condition *condition,
                       const struct json *const *values, size_t len,
                       struct condition_why *why, struct error *error)
{
    *why = (struct condition_why){0};
    if (condition_holds(condition, values, len, error))
        return true;
    if ((condition->exists == EXISTS_NO && len) ||
        (condition->exists == EXISTS_YES && !len))
        *why = (struct condition_why){"exists", len ? values[0] : NULL};
    else if (one_passes(condition, values, len))
        *why = (struct condition_why){"none",
                                      first_excluded(condition, values, len)};
    else
        *why = failed_by_all(condition, values, len);
    return false;
}

/* ---- the index ---------------------------------------------------------- */

bool condition_costly(const struct condition *condition)
{
    for (size_t i = 0; i < condition->ntests; i++)
        if (condition->tests[i].op == OP_RE)
            return true;
    for (size_t i = 0; i < condition->nnone; i++)
        if (condition_costly(&condition->none[i]))
            return true;
    return false;
}

const struct json *condition_equal(const struct condition *condition,
                                   size_t index)
{
    for (size_t i = 0; i < condition->ntests; i++) {
        const struct test *test = &condition->tests[i];

        if (test->op == OP_IS && !test->nocase)
            return index < test->len ? test->operands[index].value : NULL;
    }
    return NULL;
}

/* Where int64_t and uint64_t end, the ends themselves not included. */
static const double TWO_63 = 9223372036854775808.0;
static const double TWO_64 = 18446744073709551616.0;

/* Integers and reals that are equal have one key. */
static void add_number(struct buf *key, const struct json *value)
{
    double real = value->as.real;
    int64_t integer = value->as.integer;
    uint64_t natural = value->as.natural;
    char kind = value->type == JSON_UINT ? 'u' : 'i';

    if (value->type == JSON_REAL) {
        kind = 'r';
        if (real >= -TWO_63 && real < TWO_63) {
            integer = (int64_t)real;
            kind = (double)integer == real ? 'i' : 'r';
        } else if (real >= TWO_63 && real < TWO_64) {
            natural = (uint64_t)real;
            kind = 'u'; /* so large a double is a whole number */
        }
    }
    buf_add_byte(key, kind);
    if (kind == 'i')
        buf_add(key, &integer, sizeof integer);
    else if (kind == 'u')
        buf_add(key, &natural, sizeof natural);
    else
        buf_add(key, &real, sizeof real);
}

bool condition_key(const struct json *value, struct buf *key)
{
    switch (value->type) {
    case JSON_TEXT:
        buf_add_byte(key, 't');
        buf_add_str(key, value->as.text);
        return true;
    case JSON_BOOL:
        buf_add_byte(key, value->as.boolean ? 'y' : 'n');
        return true;
    case JSON_INT:
    case JSON_UINT:
    case JSON_REAL:
        add_number(key, value);
        return true;
    default:
        return false;
    }
}
