#include "flow/choose.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLANKS_MAX = 64 * 1024 /* bytes before the first record; past it the
                              input is held to be lines */
};

/* Both formats cut lines at the same places, but trim them in ways of their
 * own, and identity hangs on that: so each has its framing until one is
 * chosen, and the two go in step. What begins with '[' is only for one. */
struct choose {
    struct buf head;             /* until it shows how to cut records */
    struct framing *framings[2]; /* owned, by format; NULL: not for this one */
    unsigned forms; /* of the sources that are left; 0 before any record */
};

enum shape { SHAPE_UNKNOWN, SHAPE_ARRAY, SHAPE_TEXT, SHAPE_EITHER };

struct choose *choose_new(void)
{
    return ALLOC(struct choose);
}

void choose_free(struct choose *choose)
{
    if (!choose)
        return;
    framing_free(choose->framings[SOURCE_LINES]);
    framing_free(choose->framings[SOURCE_JSON]);
    buf_free(&choose->head);
    free(choose);
}

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.len && text.data[at] && strchr(" \t\r\n", text.data[at]))
        at++;
    return at;
}

/* Text lines may begin with '[' too ("[Mon Nov 23 …"); an array's first item
 * is an object. */
static enum shape shape_of(struct str head)
{
    static const char mark[] = "\xef\xbb\xbf"; /* Windows writes it */
    size_t marked = head.len < 3 ? head.len : 3, at = 0;

    if (marked && !memcmp(head.data, mark, marked))
        at = marked;
    at = skip_blanks(head, at);
    if (at < head.len && head.data[at] != '[')
        return SHAPE_EITHER;
    if (at < head.len)
        at = skip_blanks(head, at + 1);
    if (at == head.len)
        return SHAPE_UNKNOWN;
    return head.data[at] == '{' || head.data[at] == ']' ? SHAPE_ARRAY
                                                        : SHAPE_TEXT;
}

static bool begun(const struct choose *choose)
{
    return choose->framings[SOURCE_LINES] || choose->framings[SOURCE_JSON];
}

static void push_to_framings(struct choose *choose, struct str bytes)
{
    for (int i = 0; i < 2; i++)
        if (choose->framings[i])
            framing_push(choose->framings[i], bytes);
}

/* Starts the framings as soon as the head shows which. */
static bool begin(struct choose *choose, bool end)
{
    enum shape shape = shape_of(buf_str(&choose->head));

    if (shape == SHAPE_UNKNOWN && !end && choose->head.len <= BLANKS_MAX)
        return false;
    if (shape != SHAPE_ARRAY)
        choose->framings[SOURCE_LINES] = framing_new(SOURCE_LINES);
    if (shape == SHAPE_ARRAY || shape == SHAPE_EITHER)
        choose->framings[SOURCE_JSON] = framing_new(SOURCE_JSON);
    push_to_framings(choose, buf_str(&choose->head));
    buf_free(&choose->head);
    return true;
}

void choose_push(struct choose *choose, struct str bytes)
{
    if (begun(choose))
        push_to_framings(choose, bytes);
    else
        buf_add_str(&choose->head, bytes);
}

/* The format whose framing cuts the records of that source. */
static enum source_format cut_as(const struct choose *choose,
                                 const struct source *source)
{
    enum source_format format = source ? source_format(source) : SOURCE_LINES;

    if (choose->framings[format])
        return format;
    return format == SOURCE_LINES ? SOURCE_JSON : SOURCE_LINES;
}

/* Strangers write into logs. So the first record says what form the input has,
 * and whatever they make later lines look like, no source of another form is
 * asked: text that begins with lines that nobody knows stays text, and objects
 * are never taken for text that stands in one. */
static unsigned admit(unsigned *left, struct str record, bool object)
{
    unsigned forms = *left;

    record = str_trim(record);
    object = object || (record.len && record.data[0] == '{');
    if (!forms)
        forms = object ? FORM_OBJECT : FORM_TEXT | FORM_MARKED;
    *left = forms & ~(unsigned)FORM_MARKED;
    return forms;
}

unsigned choose_admit(unsigned *forms, struct str record)
{
    return admit(forms, record, false);
}

bool choose_next(struct choose *choose, const struct set *set, bool end,
                 struct record *record, const struct source **source)
{
    struct record records[2] = {0};
    bool found = false;
    unsigned forms;

    *source = NULL;
    if (!begun(choose) && !begin(choose, end))
        return false;
    for (int i = 0; i < 2; i++)
        if (choose->framings[i])
            found = framing_next(choose->framings[i], end, &records[i]);
    if (!found)
        return false;
    *record = records[cut_as(choose, NULL)];
    forms =
        admit(&choose->forms, record->bytes, !choose->framings[SOURCE_LINES]);
    if (record->refused)
        return true;
    *source = set_source_for(set, record->bytes, forms);
    *record = records[cut_as(choose, *source)];
    return true;
}

struct framing *choose_take(struct choose *choose, const struct source *source)
{
    struct framing **taken = &choose->framings[cut_as(choose, source)];
    struct framing *framing = *taken;

    *taken = NULL;
    choose_free(choose);
    return framing;
}

void choose_failed(const struct set *set, const char *path, struct error *error)
{
    struct buf names = {0};

    for (size_t i = 0; i < set->nsources; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", source_name(set->sources[i]));
    error_at(error, ERROR_INVALID, path, 0, 0,
             "no source fits any of its records; name one with --source (%s), "
             "or write one in sources/",
             names.len ? names.data : "");
    buf_free(&names);
}
