#include "policy/match.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/table.h"
#include "policy/condition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A key of some policy's `on`, and what the alarm at hand has there. */
struct field {
    struct str name; /* the table's copy */
    size_t index;
    bool several;               /* has `[]`: any number of values */
    bool indexed;               /* alternatives are filed under its values */
    size_t distinct;            /* values that policies ask for */
    size_t longest;             /* bytes of the longest text that is filed */
    uint64_t stamp;             /* of the match_find that looked it up */
    const struct json **values; /* owned array */
    size_t len, cap;
};

struct term {
    struct field *field;
    struct condition *condition; /* owned */
};

/* One table of `on`: all of its terms must hold. */
struct alternative {
    struct term *terms; /* owned; those with regular expressions come last */
    size_t len;
    size_t owner; /* index into match->numbers */
};

struct list { /* of indexes into match->alternatives */
    size_t *items;
    size_t len, cap;
};

struct match {
    struct table *fields; /* name to struct field, owned */
    struct field **indexed;
    size_t nindexed;
    struct alternative *alternatives;
    size_t len, cap;
    size_t *numbers; /* ascending: as match_add got them */
    size_t nnumbers, numbers_cap;
    struct table *buckets; /* field and value to struct list, owned */
    struct list rest;      /* alternatives without an equality */
    bool sealed;
    /* Of the match_find under way. */
    uint64_t stamp;
    struct buf key;
    uint64_t *found; /* a bit for each of numbers */
    size_t *answer;  /* nnumbers of them */
};

struct match *match_new(void)
{
    struct match *match = ALLOC(struct match);

    match->fields = table_new();
    match->buckets = table_new();
    return match;
}

static void list_add(struct list *list, size_t item)
{
    list->items =
        alloc_grown(list->items, list->len, &list->cap, sizeof *list->items);
    list->items[list->len++] = item;
}

static void alternative_clear(struct alternative *alternative)
{
    for (size_t i = 0; i < alternative->len; i++)
        condition_free(alternative->terms[i].condition);
    free(alternative->terms);
}

void match_free(struct match *match)
{
    struct table_walk fields = {0}, buckets = {0};
    struct field *field;
    struct list *list;

    if (!match)
        return;
    for (size_t i = 0; i < match->len; i++)
        alternative_clear(&match->alternatives[i]);
    while ((field = table_next(match->fields, &fields, NULL))) {
        free(field->values);
        free(field);
    }
    while ((list = table_next(match->buckets, &buckets, NULL))) {
        free(list->items);
        free(list);
    }
    table_free(match->fields);
    table_free(match->buckets);
    free(match->indexed);
    free(match->alternatives);
    free(match->numbers);
    free(match->rest.items);
    buf_free(&match->key);
    free(match->found);
    free(match->answer);
    free(match);
}

/* ---- adding ----------------------------------------------------------- */

static struct field *field_of(struct match *match, struct str name)
{
    struct field *field = table_get(match->fields, name);

    if (field)
        return field;
    field = ALLOC(struct field);
    field->index = table_count(match->fields);
    field->several = condition_several(name);
    field->name = table_put(match->fields, name, field);
    return field;
}

static int add_term(struct match *match, struct alternative *alternative,
                    const struct json *node, const char *where,
                    struct error *error)
{
    struct term *terms = alternative->terms;
    struct term term = {0};
    size_t at = alternative->len;

    if (condition_parse(&term.condition, node, where, error) < 0)
        return ERROR_INVALID;
    term.field = field_of(match, node->key);
    if (!condition_costly(term.condition))
        for (; at && condition_costly(terms[at - 1].condition); at--)
            terms[at] = terms[at - 1];
    terms[at] = term;
    alternative->len++;
    return 0;
}

static int add_alternative(struct match *match, const struct json *node,
                           const char *where, struct error *error)
{
    struct alternative *new;

    if (node->type != JSON_OBJECT || !node->as.list.len)
        return error_at(error, ERROR_INVALID, where, node->line, 0,
                        "on: a table of conditions was expected, such as "
                        "{ AlarmRuleName = \"…\" }, or a list of such tables; "
                        "every alarm is { AlarmId = { exists = true } }");
    match->alternatives = alloc_grown(match->alternatives, match->len,
                                      &match->cap, sizeof *match->alternatives);
    new = &match->alternatives[match->len++];
    *new = (struct alternative){.owner = match->nnumbers};
    new->terms = alloc_zeroed(node->as.list.len, sizeof *new->terms);
    for (size_t i = 0; i < node->as.list.len; i++)
        if (add_term(match, new, &node->as.list.items[i], where, error) < 0)
            return ERROR_INVALID;
    return 0;
}

int match_add(struct match *match, const struct json *on, size_t number,
              const char *where, struct error *error)
{
    const struct json *items = on;
    size_t len = 1, before = match->len;

    assert(!match->sealed);
    assert(!match->nnumbers || match->numbers[match->nnumbers - 1] < number);
    if (on->type == JSON_ARRAY && on->as.list.len) {
        items = on->as.list.items;
        len = on->as.list.len;
    }
    for (size_t i = 0; i < len; i++) {
        if (add_alternative(match, &items[i], where, error) == 0)
            continue;
        while (match->len > before)
            alternative_clear(&match->alternatives[--match->len]);
        return ERROR_INVALID;
    }
    match->numbers = alloc_grown(match->numbers, match->nnumbers,
                                 &match->numbers_cap, sizeof *match->numbers);
    match->numbers[match->nnumbers++] = number;
    return 0;
}

/* ---- the index -------------------------------------------------------- */

/* The field and the value as bytes; false where the value equals nothing. */
static bool put_key(struct buf *key, const struct field *field,
                    const struct json *value)
{
    key->len = 0;
    buf_add(key, &field->index, sizeof field->index);
    return condition_key(value, key);
}

/* How many distinct values policies ask of each field. */
static void count_values(struct match *match, const struct term *term,
                         struct table *seen)
{
    const struct json *value;

    for (size_t i = 0; (value = condition_equal(term->condition, i)); i++) {
        if (!put_key(&match->key, term->field, value) ||
            table_get(seen, buf_str(&match->key)))
            continue;
        table_put(seen, buf_str(&match->key), term->field);
        term->field->distinct++;
    }
}

/* The equality that tells most apart, or NULL. */
static const struct term *best_term(const struct alternative *alternative)
{
    const struct term *best = NULL;

    for (size_t i = 0; i < alternative->len; i++) {
        const struct term *term = &alternative->terms[i];

        if (condition_equal(term->condition, 0) &&
            (!best || term->field->distinct > best->field->distinct))
            best = term;
    }
    return best;
}

static void file_under(struct match *match, const struct term *term,
                       size_t alternative)
{
    const struct json *value;

    term->field->indexed = true;
    for (size_t i = 0; (value = condition_equal(term->condition, i)); i++) {
        struct list *list;

        if (!put_key(&match->key, term->field, value))
            continue;
        if (value->type == JSON_TEXT &&
            value->as.text.len > term->field->longest)
            term->field->longest = value->as.text.len;
        list = table_get(match->buckets, buf_str(&match->key));
        if (!list) {
            list = ALLOC(struct list);
            table_put(match->buckets, buf_str(&match->key), list);
        }
        list_add(list, alternative);
    }
}

static size_t words_for(size_t bits)
{
    return (bits + 63) / 64;
}

void match_seal(struct match *match)
{
    struct table *seen = table_new();
    struct table_walk walk = {0};
    struct field *field;

    assert(!match->sealed);
    match->sealed = true;
    for (size_t i = 0; i < match->len; i++)
        for (size_t j = 0; j < match->alternatives[i].len; j++)
            count_values(match, &match->alternatives[i].terms[j], seen);
    table_free(seen);
    for (size_t i = 0; i < match->len; i++) {
        const struct term *term = best_term(&match->alternatives[i]);

        if (term)
            file_under(match, term, i);
        else
            list_add(&match->rest, i);
    }
    match->indexed =
        alloc_zeroed(table_count(match->fields), sizeof(struct field *));
    while ((field = table_next(match->fields, &walk, NULL)))
        if (field->indexed)
            match->indexed[match->nindexed++] = field;
    match->found =
        alloc_zeroed(words_for(match->nnumbers), sizeof *match->found);
    match->answer = alloc_zeroed(match->nnumbers, sizeof *match->answer);
}

/* ---- finding ---------------------------------------------------------- */

static bool keep_value(void *arg, const struct json *value)
{
    struct field *field = arg;

    if (value->type == JSON_NULL)
        return true;
    field->values = alloc_grown(field->values, field->len, &field->cap,
                                sizeof(const struct json *));
    field->values[field->len++] = value;
    return true;
}

/* Looks the field up, once an alarm. */
static void look_up(struct match *match, struct field *field,
                    const struct alarm *alarm)
{
    if (field->stamp == match->stamp)
        return;
    field->stamp = match->stamp;
    field->len = 0;
    condition_values(alarm, field->name, field->several, keep_value, field);
}

static bool all_hold(struct match *match, const struct alternative *alternative,
                     const struct alarm *alarm, struct error *error)
{
    for (size_t i = 0; i < alternative->len; i++) {
        const struct term *term = &alternative->terms[i];

        look_up(match, term->field, alarm);
        if (!condition_holds(term->condition, term->field->values,
                             term->field->len, error))
            return false;
    }
    return true;
}

static void try_all(struct match *match, const struct list *list,
                    const struct alarm *alarm, struct error *error)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct alternative *alternative =
            &match->alternatives[list->items[i]];
        uint64_t *word = &match->found[alternative->owner / 64];
        uint64_t bit = UINT64_C(1) << alternative->owner % 64;

        if (!(*word & bit) && all_hold(match, alternative, alarm, error))
            *word |= bit;
    }
}

static void try_field(struct match *match, struct field *field,
                      const struct alarm *alarm, struct error *error)
{
    look_up(match, field, alarm);
    for (size_t i = 0; i < field->len; i++) {
        const struct json *value = field->values[i];
        const struct list *list;

        if (value->type == JSON_TEXT && value->as.text.len > field->longest)
            continue;
        if (!put_key(&match->key, field, value))
            continue;
        list = table_get(match->buckets, buf_str(&match->key));
        if (list)
            try_all(match, list, alarm, error);
    }
}

size_t match_find(struct match *match, const struct alarm *alarm,
                  const size_t **numbers, struct error *error)
{
    size_t words = words_for(match->nnumbers), len = 0;

    assert(match->sealed);
    if (error)
        error->code = 0;
    match->stamp++;
    memset(match->found, 0, words * sizeof *match->found);
    for (size_t i = 0; i < match->nindexed; i++)
        try_field(match, match->indexed[i], alarm, error);
    try_all(match, &match->rest, alarm, error);
    for (size_t i = 0; i < words; i++)
        for (uint64_t word = match->found[i]; word; word &= word - 1)
            match->answer[len++] =
                match->numbers[i * 64 + (size_t)__builtin_ctzll(word)];
    *numbers = match->answer;
    return len;
}
