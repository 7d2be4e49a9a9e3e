#include "policy/condition_inner.h"

#include "base/alloc.h"
#include "model/field.h"

#include <assert.h>
#include <stdlib.h>

enum { TEXTS = 1, NUMBERS = 2, BOOLEANS = 4 }; /* kinds of operands */

/* In the order of enum op. exists, none and nocase stand beside these: they are
 * no tests of one value. */
static const struct operation {
    const char *name;
    enum op op;
    int kinds;
    bool caseless; /* nocase = true applies to it */
} operators[] = {
    {"is", OP_IS, TEXTS | NUMBERS | BOOLEANS, true},
    {"min", OP_MIN, NUMBERS, false},
    {"max", OP_MAX, NUMBERS, false},
    {"re", OP_RE, TEXTS, true},
    {"cidr", OP_CIDR, TEXTS, false},
    {"prefix", OP_PREFIX, TEXTS, true},
};
enum { OPERATORS = sizeof operators / sizeof *operators };

static const char *const operator_names[] = {
    "is", "min", "max", "re", "cidr", "prefix", "exists", "none", "nocase"};

const char *condition_op_name(enum op op)
{
    return operators[op].name;
}

/* One member of `on` being parsed. */
struct parse {
    struct str field;
    const struct field *canonical; /* or NULL */
    const char *where;
    struct error *error;
};

static int kind_of(const struct json *value)
{
    switch (value->type) {
    case JSON_TEXT:
        return TEXTS;
    case JSON_BOOL:
        return BOOLEANS;
    case JSON_INT:
    case JSON_UINT:
    case JSON_REAL:
        return NUMBERS;
    default:
        return 0;
    }
}

static const char *kinds_text(int kinds)
{
    if (kinds == TEXTS)
        return "a text or a list of texts";
    if (kinds == NUMBERS)
        return "a number";
    return "a text, number or boolean, or a list of them";
}

#define FAIL(parse, node, format, ...)                                         \
    error_at((parse)->error, ERROR_INVALID, (parse)->where, (node)->line, 0,   \
             "on: %.*s: " format, (int)(parse)->field.len,                     \
             (parse)->field.data, __VA_ARGS__)

/* `on` never converts, so a text for a number could never match. */
static int check_kind(const struct parse *parse, const struct operation *op,
                      const struct json *value)
{
    int kind = kind_of(value);

    if (!(kind & op->kinds))
        return FAIL(parse, value, "%s takes %s", op->name,
                    kinds_text(op->kinds));
    if (parse->canonical && parse->canonical->number && kind != NUMBERS)
        return FAIL(parse, value, "%s: this field is a number, write one",
                    op->name);
    if (parse->canonical && !parse->canonical->number && kind != TEXTS)
        return FAIL(parse, value, "%s: this field is text, write it in quotes",
                    op->name);
    return 0;
}

static int parse_operand(const struct parse *parse, const struct operation *op,
                         bool nocase, const struct json *value,
                         struct operand *operand)
{
    struct error problem = {0};
    struct str text = value->as.text;

    if (check_kind(parse, op, value) < 0)
        return ERROR_INVALID;
    operand->value = value;
    if (op->op == OP_CIDR && addr_parse_range(text, &operand->range) < 0)
        return FAIL(parse, value,
                    "cidr: \"%.*s\" is neither an address nor a range such as "
                    "192.0.2.0/24",
                    (int)text.len, text.data);
    if (op->op != OP_RE)
        return 0;
    operand->regex = regex_compile(text, nocase ? REGEX_NOCASE : 0, &problem);
    return operand->regex ? 0 : FAIL(parse, value, "re: %s", problem.text);
}

static int parse_test(const struct parse *parse, const struct operation *op,
                      bool nocase, const struct json *node, struct test *test)
{
    const struct json *items = node;
    size_t len = 1;

    if (node->type == JSON_ARRAY && op->op != OP_MIN && op->op != OP_MAX) {
        items = node->as.list.items;
        len = node->as.list.len;
    }
    if (!len)
        return FAIL(parse, node, "%s: an empty list never matches", op->name);
    test->op = op->op;
    test->nocase = nocase && op->caseless;
    test->operands = alloc_zeroed(len, sizeof *test->operands);
    for (size_t i = 0; i < len; i++) {
        test->len++;
        if (parse_operand(parse, op, nocase, &items[i], &test->operands[i]) < 0)
            return ERROR_INVALID;
    }
    return 0;
}

/* The member's boolean; absent is absent. */
static int parse_boolean(const struct parse *parse, const struct json *node,
                         const char *name, int absent)
{
    const struct json *member = json_member(node, name);

    if (!member)
        return absent;
    if (member->type == JSON_BOOL)
        return member->as.boolean;
    return FAIL(parse, member, "%s is true or false", name);
}

static const struct operation *find_operator(struct str name)
{
    for (size_t i = 0; i < OPERATORS; i++)
        if (str_is(name, operators[i].name))
            return &operators[i];
    return NULL;
}

static int unknown(const struct parse *parse, const struct json *member)
{
    char *name = str_copy(member->key);
    const char *near = str_nearest(
        name, operator_names, sizeof operator_names / sizeof *operator_names);
    int code = FAIL(parse, member,
                    "unknown operator '%s'%s%s%s (there are is, min, max, re, "
                    "cidr, prefix, exists, none, nocase)",
                    name, near ? "; did you mean '" : "", near ? near : "",
                    near ? "'?" : "");

    free(name);
    return code;
}

static double number_of(const struct json *value)
{
    return value->type == JSON_INT    ? (double)value->as.integer
           : value->type == JSON_UINT ? (double)value->as.natural
                                      : value->as.real;
}

static int check_range(const struct parse *parse, const struct json *node)
{
    const struct json *min = json_member(node, "min");
    const struct json *max = json_member(node, "max");

    if (!min || !max || number_of(min) <= number_of(max))
        return 0;
    return FAIL(parse, min, "%s", "min is above max: nothing is both");
}

static int parse_operators(const struct parse *parse, const struct json *node,
                           struct condition *condition)
{
    int nocase = parse_boolean(parse, node, "nocase", 0);
    bool used = false;

    if (nocase < 0)
        return nocase;
    condition->tests =
        alloc_zeroed(node->as.list.len, sizeof *condition->tests);
    for (size_t i = 0; i < node->as.list.len; i++) {
        const struct json *member = &node->as.list.items[i];
        const struct operation *op = find_operator(member->key);

        if (!op)
            continue;
        used |= op->caseless;
        condition->ntests++;
        if (parse_test(parse, op, nocase, member,
                       &condition->tests[condition->ntests - 1]) < 0)
            return ERROR_INVALID;
    }
    if (nocase && !used)
        return FAIL(parse, node, "%s", "nocase goes with is, re or prefix");
    return check_range(parse, node);
}

/* A value or a list of values: short for `is`. */
static int parse_equality(const struct parse *parse, const struct json *node,
                          struct condition *condition)
{
    condition->tests = ALLOC(struct test);
    condition->ntests = 1;
    return parse_test(parse, &operators[0], false, node, condition->tests);
}

/* What may stand in `none`: a value, or tests of one value. */
static int parse_inner(const struct parse *parse, const struct json *node,
                       struct condition *condition)
{
    if (node->type != JSON_OBJECT)
        return parse_equality(parse, node, condition);
    for (size_t i = 0; i < node->as.list.len; i++) {
        const struct json *member = &node->as.list.items[i];

        if (str_is(member->key, "none") || str_is(member->key, "exists"))
            return FAIL(parse, member, "%.*s cannot stand inside none",
                        (int)member->key.len, member->key.data);
        if (!find_operator(member->key) && !str_is(member->key, "nocase"))
            return unknown(parse, member);
    }
    return parse_operators(parse, node, condition);
}

static int parse_none(const struct parse *parse, const struct json *node,
                      struct condition *condition)
{
    const struct json *items = node;
    size_t len = 1;

    if (node->type == JSON_ARRAY) {
        items = node->as.list.items;
        len = node->as.list.len;
    }
    if (!len)
        return FAIL(parse, node, "%s", "none: an empty list excludes nothing");
    condition->none = alloc_zeroed(len, sizeof *condition->none);
    for (size_t i = 0; i < len; i++) {
        condition->nnone++;
        if (parse_inner(parse, &items[i], &condition->none[i]) < 0)
            return ERROR_INVALID;
    }
    return 0;
}

static int parse_object(const struct parse *parse, const struct json *node,
                        struct condition *condition)
{
    static const enum existence existence[] = {EXISTS_NO, EXISTS_YES,
                                               EXISTS_ANY};
    const struct json *none = json_member(node, "none");
    int exists = parse_boolean(parse, node, "exists", 2);

    if (exists < 0)
        return exists;
    condition->exists = existence[exists];
    for (size_t i = 0; i < node->as.list.len; i++) {
        const struct json *member = &node->as.list.items[i];

        if (!find_operator(member->key) && !str_is(member->key, "none") &&
            !str_is(member->key, "exists") && !str_is(member->key, "nocase"))
            return unknown(parse, member);
    }
    if (none && parse_none(parse, none, condition) < 0)
        return ERROR_INVALID;
    if (parse_operators(parse, node, condition) < 0)
        return ERROR_INVALID;
    if (condition->exists == EXISTS_NO && condition->ntests)
        return FAIL(parse, node, "%s",
                    "exists = false and a test of its value cannot both hold");
    return 0;
}

int condition_parse(struct condition **condition, const struct json *node,
                    const char *where, struct error *error)
{
    struct error unwanted = {0};
    struct parse parse = {
        .field = node->key,
        .canonical = field_find(node->key),
        .where = where,
        .error = error ? error : &unwanted,
    };
    struct condition *new = ALLOC(struct condition);
    int code = node->type == JSON_OBJECT ? parse_object(&parse, node, new)
                                         : parse_equality(&parse, node, new);

    if (code < 0) {
        condition_free(new);
        return code;
    }
    *condition = new;
    return 0;
}

static void clear(struct condition *condition)
{
    for (size_t i = 0; i < condition->ntests; i++) {
        struct test *test = &condition->tests[i];

        for (size_t j = 0; j < test->len; j++)
            regex_free(test->operands[j].regex);
        free(test->operands);
    }
    free(condition->tests);
    for (size_t i = 0; i < condition->nnone; i++)
        clear(&condition->none[i]);
    free(condition->none);
}

void condition_free(struct condition *condition)
{
    if (!condition)
        return;
    clear(condition);
    free(condition);
}
