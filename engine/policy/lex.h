#ifndef RIPOSTE_POLICY_LEX_H
#define RIPOSTE_POLICY_LEX_H

#include "base/str.h"

/*
 * Cuts Lua source into tokens: just enough of the language (Lua 5.4 manual,
 * section 3.1) to find lines and to refuse words. It never fails: what Lua
 * itself would refuse gives some token or other.
 */
enum lex_kind {
    LEX_END,
    LEX_NAME, /* keywords too */
    LEX_STRING,
    LEX_NUMBER,
    LEX_SYMBOL,
};

struct lex {
    struct str text; /* must outlive the tokens */
    size_t at;
    unsigned line;
};

struct lex_token {
    enum lex_kind kind;
    /* As it stands there; a string without its delimiters. */
    struct str text;
    unsigned line; /* where it begins, from 1 */
};

struct lex lex_begin(struct str text);
struct lex_token lex_next(struct lex *lex);

bool lex_is(const struct lex_token *token, const char *text);

#endif
