#include "model/package_inner.h"

#include "base/alloc.h"
#include "base/table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

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

/* The name as systems compare it that count neither case nor how an accent is
 * spelt. It was checked, so it is short, and UTF-8. */
static void fold(struct str name, struct buf *folded)
{
    enum { MOST = 18 }; /* UTF-16 units that one of them can become */
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&code);
    UChar units[PACKAGE_NAME_MAX], same[PACKAGE_NAME_MAX * MOST];
    int32_t len = 0;

    u_strFromUTF8(units, PACKAGE_NAME_MAX, &len, name.data, (int32_t)name.len,
                  &code);
    len = unorm2_normalize(form, units, len, same, PACKAGE_NAME_MAX * MOST,
                           &code);
    if (U_FAILURE(code)) /* no such data here: by their bytes, then */
        buf_add_str(folded, name);
    else
        buf_add(folded, same, (size_t)len * sizeof *same);
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
        if (strchr("\\:<>\"|?*", c))
            return "has a character in its name that Windows gives another "
                   "meaning: backslash, colon, < > \" | ? *";
    }
    return NULL;
}

/* CON, NUL, COM1 and their like, whatever is behind a dot. */
static bool device(struct str part)
{
    static const char *const names[] = {"con", "prn", "aux", "nul"};
    static const char *const counted[] = {"com", "lpt"};
    const char *dot = memchr(part.data, '.', part.len);
    struct str stem = {part.data, dot ? (size_t)(dot - part.data) : part.len};

    stem = str_trim(stem);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_same_nocase(stem, str_of(names[i])))
            return true;
    for (size_t i = 0; stem.len == 4 && i < 2; i++)
        if (str_same_nocase((struct str){stem.data, 3}, str_of(counted[i])) &&
            stem.data[3] >= '0' && stem.data[3] <= '9')
            return true;
    return false;
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
        if (strchr(". ", part.data[part.len - 1]))
            return "has a dot or a blank at the end of a name, which Windows "
                   "drops";
        if (device(part))
            return "has the name of a device of Windows";
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
                        "\"%s\" and \"%.*s\" are one name where case and the "
                        "spelling of accents do not count",
                        known->name, (int)name.len, name.data);
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
