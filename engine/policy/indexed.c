#include "policy/indexed.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "policy/lex.h"

#include <stdlib.h>
#include <string.h>

bool indexed_field(const struct policy_world *world, struct str field,
                   struct error *error)
{
    const struct words *index = world->index;
    struct buf known = {0};

    for (size_t i = 0; index && i < index->len; i++)
        if (str_is(field, index->items[i]))
            return true;
    if (!index)
        return true;
    for (size_t i = 0; i < index->len; i++)
        buf_printf(&known, "%s %s", i ? "," : "", index->items[i]);
    error_set(error, ERROR_NOT_FOUND,
              "riposte.past: alarms are not indexed by %.*s; riposte.lua says "
              "index =%.*s",
              (int)field.len, field.data, index->len ? (int)known.len : 3,
              index->len ? known.data : " {}");
    buf_free(&known);
    return false;
}

/* Behind `past`: the constructor's `by`, where it is a string. */
static struct lex_token find_by(struct lex *lex)
{
    struct lex_token token = lex_next(lex), none = {.kind = LEX_END};
    int depth = 0;

    if (lex_is(&token, "("))
        token = lex_next(lex);
    if (!lex_is(&token, "{"))
        return none;
    for (depth = 1; depth && token.kind != LEX_END;) {
        token = lex_next(lex);
        if (lex_is(&token, "{"))
            depth++;
        if (lex_is(&token, "}"))
            depth--;
        if (depth != 1 || !lex_is(&token, "by"))
            continue;
        token = lex_next(lex);
        if (!lex_is(&token, "="))
            continue;
        token = lex_next(lex);
        if (token.kind == LEX_STRING &&
            !memchr(token.text.data, '\\', token.text.len))
            return token;
    }
    return none;
}

void indexed_check(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    struct lex lex = lex_begin((struct str){policy->text, policy->text_len});
    struct lex_token token;

    while ((token = lex_next(&lex)).kind != LEX_END) {
        struct lex ahead = lex;
        struct error error;

        if (!lex_is(&token, "past"))
            continue;
        token = find_by(&ahead);
        if (token.kind == LEX_STRING && token.text.len &&
            !indexed_field(policy->world, token.text, &error))
            policy_complain(loader, token.line, false, "%s", error.text);
    }
}
