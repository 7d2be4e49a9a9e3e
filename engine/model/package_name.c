#include "model/package_inner.h"

#include "base/alloc.h"
#include "base/table.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

struct names {
    struct table *known; /* owned: folded name → struct known */
    locale_t utf8, before;
    size_t count;
};

struct known {
    char *name; /* owned: as it was spelt first */
    bool folder;
};

struct names *names_new(void)
{
    struct names *names = ALLOC(struct names);

    names->known = table_new();
    names->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (names->utf8)
        names->before = uselocale(names->utf8);
    return names;
}

void names_free(struct names *names)
{
    struct table_walk walk = {0};
    struct known *known;

    if (!names)
        return;
    while ((known = table_next(names->known, &walk, NULL))) {
        free(known->name);
        free(known);
    }
    table_free(names->known);
    if (names->utf8) {
        uselocale(names->before);
        freelocale(names->utf8);
    }
    free(names);
}

/* The name as a system that ignores case compares it. */
static void fold(struct str name, struct buf *folded)
{
    mbstate_t in = {0}, out = {0};

    while (name.len) {
        char bytes[MB_LEN_MAX];
        wchar_t c;
        size_t used = mbrtowc(&c, name.data, name.len, &in), made;

        /* The name is UTF-8: this is a system without that locale. */
        if (used == 0 || used > name.len) {
            buf_add_byte(folded, *name.data);
            used = 1;
            memset(&in, 0, sizeof in);
        } else {
            made = wcrtomb(bytes, (wchar_t)towlower((wint_t)c), &out);
            buf_add(folded, bytes, made == (size_t)-1 ? 0 : made);
        }
        name.data += used;
        name.len -= used;
    }
}

static int refuse(struct error *error, int code, const char *from,
                  struct str name, const char *why)
{
    return error_at(error, code, from, 0, 0, "\"%.*s\" %s", (int)name.len,
                    name.data, why);
}

static const char *bad_byte(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];

        if (c < ' ' || c == 0x7f)
            return "has a control character in its name";
        if (c == '\\' || c == ':')
            return "has a backslash or a colon in its name";
    }
    return NULL;
}

/* What is wrong with the parts between the slashes, which are counted. */
static const char *bad_part(struct str name, size_t *parts)
{
    const char *at = name.data, *end = name.data + name.len;

    for (*parts = 0; at <= end; ++*parts) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        struct str part = {at, (size_t)((slash ? slash : end) - at)};

        if (str_is(part, ".."))
            return "has \"..\" in its name";
        if (!part.len || str_is(part, "."))
            return "has an empty part in its name";
        at += part.len + 1;
    }
    return NULL;
}

int names_check(struct str name, const char *from, struct error *error)
{
    const char *why;
    size_t parts;

    if (name.len && name.data[0] == '/')
        return refuse(error, ERROR_INVALID, from, name, "has an absolute name");
    if (name.len > PACKAGE_NAME_MAX)
        return refuse(error, ERROR_LIMIT, from, (struct str){name.data, 60},
                      "… has a name of more than 200 bytes");
    if (!str_utf8(name))
        return refuse(error, ERROR_INVALID, from, name,
                      "has a name that is not UTF-8");
    why = bad_byte(name);
    if (!why)
        why = bad_part(name, &parts);
    if (why)
        return refuse(error, ERROR_INVALID, from, name, why);
    if (parts > PACKAGE_DEPTH_MAX + 1)
        return refuse(error, ERROR_LIMIT, from, name,
                      "lies more than 16 folders deep");
    return 0;
}

/* The name is taken: by what? */
static int claim_again(const struct known *known, struct str name, bool folder,
                       const char *from, struct error *error)
{
    if (!str_is(name, known->name))
        return error_at(error, ERROR_INVALID, from, 0, 0,
                        "\"%s\" and \"%.*s\" differ only in case", known->name,
                        (int)name.len, name.data);
    if (!folder || !known->folder)
        return refuse(error, ERROR_INVALID, from, name, "is there twice");
    return 0;
}

int names_claim(struct names *names, struct str name, bool folder, bool *fresh,
                const char *from, struct error *error)
{
    struct buf folded = {0};
    struct known *known;

    fold(name, &folded);
    known = table_get(names->known, buf_str(&folded));
    *fresh = !known;
    if (!known && names->count < PACKAGE_ENTRIES_MAX) {
        known = ALLOC(struct known);
        known->name = str_copy(name);
        known->folder = folder;
        table_put(names->known, buf_str(&folded), known);
        names->count++;
    }
    buf_free(&folded);
    if (!known)
        return error_at(error, ERROR_LIMIT, from, 0, 0,
                        "more than %d files and folders", PACKAGE_ENTRIES_MAX);
    return *fresh ? 0 : claim_again(known, name, folder, from, error);
}
