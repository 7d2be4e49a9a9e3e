#include "policy/lex.h"

#include <string.h>

/* The byte so far ahead; 0 behind the end. */
static char peek(const struct lex *lex, size_t ahead)
{
    size_t at = lex->at + ahead;

    return at < lex->text.len ? lex->text.data[at] : '\0';
}

static bool more(const struct lex *lex)
{
    return lex->at < lex->text.len;
}

static void advance(struct lex *lex)
{
    if (peek(lex, 0) == '\n')
        lex->line++;
    lex->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

struct lex lex_begin(struct str text)
{
    return (struct lex){.text = text, .line = 1};
}

/* The number of '=' in an opening long bracket `[==[`, or -1. */
static int long_level(const struct lex *lex)
{
    int level = 0;

    if (peek(lex, 0) != '[')
        return -1;
    while (peek(lex, (size_t)level + 1) == '=')
        level++;
    return peek(lex, (size_t)level + 1) == '[' ? level : -1;
}

static bool long_end(const struct lex *lex, int level)
{
    if (peek(lex, 0) != ']')
        return false;
    for (int i = 1; i <= level; i++)
        if (peek(lex, (size_t)i) != '=')
            return false;
    return peek(lex, (size_t)level + 1) == ']';
}

static struct str long_bracket(struct lex *lex, int level)
{
    struct str text;

    lex->at += (size_t)level + 2;
    text.data = lex->text.data + lex->at;
    while (more(lex) && !long_end(lex, level))
        advance(lex);
    text.len = (size_t)(lex->text.data + lex->at - text.data);
    if (more(lex))
        lex->at += (size_t)level + 2;
    return text;
}

static struct str quoted(struct lex *lex)
{
    char quote = peek(lex, 0);
    struct str text;

    lex->at++;
    text.data = lex->text.data + lex->at;
    while (more(lex) && peek(lex, 0) != quote) {
        if (peek(lex, 0) == '\\')
            advance(lex);
        if (more(lex))
            advance(lex);
    }
    text.len = (size_t)(lex->text.data + lex->at - text.data);
    if (more(lex))
        lex->at++;
    return text;
}

static void comment(struct lex *lex)
{
    int level;

    lex->at += 2;
    level = long_level(lex);
    if (level >= 0)
        long_bracket(lex, level);
    else
        while (more(lex) && peek(lex, 0) != '\n' && peek(lex, 0) != '\r')
            advance(lex);
}

static void skip_blanks(struct lex *lex)
{
    if (lex->at == 0 && peek(lex, 0) == '#')
        comment(lex);
    while (more(lex)) {
        char c = peek(lex, 0);

        if (c == '-' && peek(lex, 1) == '-')
            comment(lex);
        else if (c == ' ' || (c >= '\t' && c <= '\r'))
            advance(lex);
        else
            return;
    }
}

/* Takes a few letters too many where numbers are ill-formed. */
static void number(struct lex *lex)
{
    while (is_word(peek(lex, 0)) || peek(lex, 0) == '.') {
        char c = peek(lex, 0);
        char sign = peek(lex, 1);

        lex->at++;
        if (strchr("eEpP", c) && (sign == '-' || sign == '+'))
            lex->at++;
    }
}

/* The symbols of more than one byte; the longest first. */
static void symbol(struct lex *lex)
{
    static const char *const longer[] = {
        "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};

    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        size_t len = strlen(longer[i]);

        if (lex->text.len - lex->at >= len &&
            memcmp(lex->text.data + lex->at, longer[i], len) == 0) {
            lex->at += len;
            return;
        }
    }
    lex->at++;
}

struct lex_token lex_next(struct lex *lex)
{
    struct lex_token token = {.kind = LEX_END};
    size_t begin;

    skip_blanks(lex);
    token.line = lex->line;
    begin = lex->at;
    if (!more(lex))
        return token;
    if (peek(lex, 0) == '"' || peek(lex, 0) == '\'') {
        token.kind = LEX_STRING;
        token.text = quoted(lex);
        return token;
    }
    if (long_level(lex) >= 0) {
        token.kind = LEX_STRING;
        token.text = long_bracket(lex, long_level(lex));
        return token;
    }
    if (is_digit(peek(lex, 0)) ||
        (peek(lex, 0) == '.' && is_digit(peek(lex, 1)))) {
        token.kind = LEX_NUMBER;
        number(lex);
    } else if (is_word(peek(lex, 0))) {
        token.kind = LEX_NAME;
        while (is_word(peek(lex, 0)))
            lex->at++;
    } else {
        token.kind = LEX_SYMBOL;
        symbol(lex);
    }
    token.text = (struct str){lex->text.data + begin, lex->at - begin};
    return token;
}

bool lex_is(const struct lex_token *token, const char *text)
{
    return (token->kind == LEX_NAME || token->kind == LEX_SYMBOL) &&
           str_is(token->text, text);
}
