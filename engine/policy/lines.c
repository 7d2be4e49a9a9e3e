#include "policy/lines.h"
#include "base/alloc.h"
#include "policy/lex.h"

#include <stdlib.h>

enum { DEPTH_MAX = 64 }; /* deeper data is refused anyway (JSON_DEPTH_MAX) */

struct entry {
    struct str name; /* data NULL: positional */
    size_t place;    /* from 1, where positional */
    unsigned line;
    struct lines_table *below; /* owned, or NULL */
};

struct lines_table {
    struct entry *entries; /* owned */
    size_t len, cap;
};

struct lines {
    struct lines_table *root; /* owned */
    unsigned line;            /* of `return` */
};

/* One token ahead. */
struct reader {
    struct lex lex;
    struct lex_token token;
};

static struct lex_token take(struct reader *reader)
{
    struct lex_token token = reader->token;

    reader->token = lex_next(&reader->lex);
    return token;
}

static void table_free(struct lines_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->len; i++)
        table_free(table->entries[i].below);
    free(table->entries);
    free(table);
}

/* How far a token goes into (1) or out of (-1) a block. `while` and `for`
 * are told by their `do`, `elseif` and `else` by their `if`. */
static int block_step(const struct lex_token *token)
{
    static const char *const open[] = {"function", "do", "if", "repeat"};
    static const char *const shut[] = {"end", "until"};

    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        if (lex_is(token, open[i]))
            return 1;
    for (size_t i = 0; i < sizeof shut / sizeof shut[0]; i++)
        if (lex_is(token, shut[i]))
            return -1;
    return 0;
}

static int nest_step(const struct lex_token *token)
{
    if (lex_is(token, "{") || lex_is(token, "(") || lex_is(token, "["))
        return 1;
    if (lex_is(token, "}") || lex_is(token, ")") || lex_is(token, "]"))
        return -1;
    return block_step(token);
}

static bool separates(const struct lex_token *token)
{
    return lex_is(token, ",") || lex_is(token, ";") || lex_is(token, "}") ||
           token->kind == LEX_END;
}

/* Goes on to the separator behind an expression. */
static void skip_value(struct reader *reader)
{
    int depth = 0;

    while (reader->token.kind != LEX_END) {
        if (depth == 0 && separates(&reader->token))
            return;
        depth += nest_step(&reader->token);
        take(reader);
    }
}

static struct lines_table *read_table(struct reader *reader, int depth);

/* Reads the key of an entry, if it has one that can be told from the text. */
static void read_key(struct reader *reader, struct entry *entry)
{
    struct reader ahead = *reader;
    struct lex_token token = take(&ahead);

    if (lex_is(&token, "[")) {
        token = take(&ahead);
        if (token.kind == LEX_STRING && lex_is(&ahead.token, "]"))
            take(&ahead);
    } else if (token.kind != LEX_NAME) {
        return;
    }
    if (!lex_is(&ahead.token, "="))
        return;
    take(&ahead);
    entry->name = token.text;
    *reader = ahead;
}

static void read_entry(struct reader *reader, struct lines_table *table,
                       size_t *places, int depth)
{
    struct entry entry = {.line = reader->token.line};

    read_key(reader, &entry);
    if (!entry.name.data)
        entry.place = ++*places;
    if (lex_is(&reader->token, "{") && depth < DEPTH_MAX)
        entry.below = read_table(reader, depth + 1);
    skip_value(reader);
    table->entries = alloc_grown(table->entries, table->len, &table->cap,
                                 sizeof *table->entries);
    table->entries[table->len++] = entry;
}

/* From '{' to behind its '}'. */
static struct lines_table *read_table(struct reader *reader, int depth)
{
    struct lines_table *table = ALLOC(struct lines_table);
    size_t places = 0;

    take(reader);
    while (!lex_is(&reader->token, "}") && reader->token.kind != LEX_END) {
        read_entry(reader, table, &places, depth);
        if (!lex_is(&reader->token, "}"))
            take(reader);
    }
    take(reader);
    return table;
}

struct lines *lines_of(struct str text)
{
    struct lines *lines = ALLOC(struct lines);
    struct reader reader = {.lex = lex_begin(text)};
    int depth = 0;

    take(&reader);
    while (reader.token.kind != LEX_END) {
        struct lex_token token = take(&reader);

        depth += block_step(&token);
        if (depth != 0 || !lex_is(&token, "return"))
            continue;
        /* At the top level it is the last statement: there is no other. */
        lines->line = token.line;
        if (lex_is(&reader.token, "{"))
            lines->root = read_table(&reader, 0);
        break;
    }
    return lines;
}

void lines_free(struct lines *lines)
{
    if (!lines)
        return;
    table_free(lines->root);
    free(lines);
}

const struct lines_table *lines_root(const struct lines *lines)
{
    return lines->root;
}

unsigned lines_return(const struct lines *lines)
{
    return lines->line;
}

static bool is_entry(const struct entry *entry, struct str name, size_t place)
{
    if (name.data)
        return entry->name.data && str_same(entry->name, name);
    return !entry->name.data && entry->place == place;
}

unsigned lines_find(const struct lines_table *table, struct str name,
                    size_t place, const struct lines_table **below)
{
    /* An item stands at its place, or behind it where names come between. */
    size_t first = name.data ? 0 : place - 1;

    *below = NULL;
    if (!table)
        return 0;
    for (size_t i = first; i < table->len; i++) {
        if (!is_entry(&table->entries[i], name, place))
            continue;
        *below = table->entries[i].below;
        return table->entries[i].line;
    }
    return 0;
}
