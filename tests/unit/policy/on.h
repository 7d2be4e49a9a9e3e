#ifndef RIPOSTE_TESTS_POLICY_ON_H
#define RIPOSTE_TESTS_POLICY_ON_H

#include "policy/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Conditions are written as JSON here: data.c makes the same trees of Lua. */
static inline struct json_doc *parsed(const char *text)
{
    struct error error = {0};
    struct json_doc *doc = json_parse(str_of(text), "test", 1, &error);

    if (!doc)
        fail_msg("%s: %s", text, error.text);
    return doc;
}

static inline struct alarm alarm_of(const struct json_doc *doc)
{
    return (struct alarm){
        .fields = json_root(doc),
        .record = json_root(doc),
        .count = 1,
    };
}

#endif
