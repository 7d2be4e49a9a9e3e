#include "flow/choose.h"

#include "model/framing.h"

#include <string.h>

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n", text.data[at]) && text.data[at])
        at++;
    return at;
}

/* How to cut the records: text lines may begin with '[' too ("[Mon Nov 23
 * …"), an array's first item is an object. */
static enum source_format guess_format(struct str head)
{
    size_t at = skip_blanks(head, 0);

    if (at < head.len && head.data[at] == '[') {
        at = skip_blanks(head, at + 1);
        return at < head.len && strchr("{]", head.data[at]) && head.data[at]
                   ? SOURCE_JSON
                   : SOURCE_LINES;
    }
    return at < head.len && head.data[at] == '{' ? SOURCE_JSON : SOURCE_LINES;
}

static int none_fits(const struct set *set, struct error *error)
{
    struct buf names = {0};

    for (size_t i = 0; i < set->nsources; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", source_name(set->sources[i]));
    error_set(error, ERROR_INVALID,
              "no source fits its first record; name one with --source (%s), "
              "or write one in sources/",
              names.len ? names.data : "");
    buf_free(&names);
    return ERROR_INVALID;
}

int choose_source(const struct set *set, struct str head, bool end,
                  const struct source **source, struct error *error)
{
    struct framing *framing = framing_new(guess_format(head));
    struct record record;
    bool found;

    framing_push(framing, head);
    /* One that is refused by its framing says nothing about the others. */
    do
        found = framing_next(framing, end, &record);
    while (found && record.refused);
    if (found)
        *source = set_source_for(set, record.bytes);
    framing_free(framing);
    if (!found)
        return 0;
    return *source ? 1 : none_fits(set, error);
}
