#include "model/json_inner.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SHOWN = 40 }; /* bytes of a wrong number that a message shows */

/* The offset of the first byte that begins no well-formed character. */
static size_t bad_utf8(struct str text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t len = 1, left = text.len - at;

        while (len <= 4 && len <= left &&
               !str_utf8((struct str){text.data + at, len}))
            len++;
        if (len > 4 || len > left)
            break;
        at += len;
    }
    return at;
}

/* The offset behind the string that begins at its quote. */
static size_t skip_string(struct str text, size_t at)
{
    for (at++; at < text.len && text.data[at] != '"'; at++)
        if (text.data[at] == '\\')
            at++;
    return at < text.len ? at + 1 : text.len;
}

static size_t number_length(struct str text, size_t at)
{
    size_t len = 0;

    if (!strchr("+-.0123456789", text.data[at]))
        return 0;
    while (at + len < text.len && text.data[at + len] &&
           strchr("+-.0123456789Ee", text.data[at + len]))
        len++;
    return len;
}

/* RFC 8259 section 6, by hand: [-] int [frac] [exp]. */
static bool well_formed(const char *p)
{
    p += *p == '-';
    if (*p == '0')
        p++;
    else if (*p >= '1' && *p <= '9')
        p += strspn(p, "0123456789");
    else
        return false;
    if (*p == '.') {
        size_t digits = strspn(++p, "0123456789");

        if (!digits)
            return false;
        p += digits;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        if (!strspn(p, "0123456789"))
            return false;
        p += strspn(p, "0123456789");
    }
    return !*p;
}

/* What is wrong with one number, or NULL. */
static const char *wrong(const char *number)
{
    bool whole = !strpbrk(number, ".eE");

    if (!well_formed(number))
        return "is no JSON number";
    if (!whole)
        return isinf(strtod(number, NULL)) ? "is beyond a double" : NULL;
    errno = 0;
    if (*number == '-')
        strtoll(number, NULL, 10);
    else
        strtoull(number, NULL, 10);
    return errno == ERANGE ? "is beyond 64 bits" : NULL;
}

static int explain_number(struct str text, const char *where, unsigned line,
                          struct error *error)
{
    size_t at = 0;

    while (at < text.len) {
        size_t len = number_length(text, at);
        const char *fault;
        char *number;

        if (!len) {
            at = text.data[at] == '"' ? skip_string(text, at) : at + 1;
            continue;
        }
        number = str_copy((struct str){text.data + at, len});
        fault = wrong(number);
        if (fault)
            error_at(error, ERROR_INVALID, where, line, 0,
                     "the number %.*s at byte %zu %s", NUMBER_SHOWN, number, at,
                     fault);
        free(number);
        if (fault)
            return ERROR_INVALID;
        at += len;
    }
    return error_at(error, ERROR_INVALID, where, line, 0,
                    "not JSON: a number is malformed");
}

int json_explain(struct str text, enum json_fault fault, const char *detail,
                 const char *where, unsigned line, struct error *error)
{
    switch (fault) {
    case JSON_FAULT_UTF8:
        return error_at(error, ERROR_INVALID, where, line, 0,
                        "not UTF-8 at byte %zu", bad_utf8(text));
    case JSON_FAULT_NUMBER:
        return explain_number(text, where, line, error);
    case JSON_FAULT_DEPTH:
        return error_at(error, ERROR_LIMIT, where, line, 0,
                        "JSON nested deeper than %d", JSON_DEPTH_MAX);
    case JSON_FAULT_SHAPE:
        break;
    }
    return error_at(error, ERROR_INVALID, where, line, 0, "not JSON: %s",
                    detail);
}
