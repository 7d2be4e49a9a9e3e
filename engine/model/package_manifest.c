#include "model/package.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/*
 * Works on the text, not on a tree: a tree would have lost how values are
 * spelt, and comments. The text is well-formed, so every '<' opens what it
 * seems to, and every tag has its end.
 */
struct canon {
    const char *at, *end;
    size_t depth;
    struct buf *out;
    const char *guid; /* for the root, where it has none; or NULL */
    bool add_version; /* likewise */
    bool root_seen;
};

/* The index behind the next mark, from `at`. */
static const char *behind(const struct canon *canon, const char *mark)
{
    size_t len = strlen(mark);
    const char *found =
        memmem(canon->at, (size_t)(canon->end - canon->at), mark, len);

    return found ? found + len : canon->end;
}

/* Every line end becomes CRLF. */
static void add_lines(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\r' && i + 1 < text.len &&
            text.data[i + 1] == '\n')
            continue;
        if (text.data[i] == '\n')
            buf_add_byte(out, '\r');
        buf_add_byte(out, text.data[i]);
    }
}

static void begin_line(struct canon *canon)
{
    buf_add_text(canon->out, "\r\n");
    for (size_t i = 0; i < canon->depth; i++)
        buf_add_text(canon->out, "  ");
}

/* A comment, a processing instruction, a CDATA section, text. */
static void add_verbatim(struct canon *canon, const char *end)
{
    struct str text =
        str_trim((struct str){canon->at, (size_t)(end - canon->at)});

    canon->at = end;
    if (!text.len)
        return;
    begin_line(canon);
    add_lines(canon->out, text);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct canon *canon)
{
    while (canon->at < canon->end && blank(*canon->at))
        canon->at++;
}

/* A name of an element or attribute, up to what ends one. */
static struct str take_name(struct canon *canon)
{
    const char *begin = canon->at;

    while (canon->at < canon->end && !blank(*canon->at) &&
           !strchr("=/>", *canon->at))
        canon->at++;
    return (struct str){begin, (size_t)(canon->at - begin)};
}

/* The value between its quotes, whichever they are. */
static struct str take_value(struct canon *canon)
{
    const char *begin, *end;
    char quote;

    skip_blanks(canon);
    if (canon->end - canon->at < 2)
        return (struct str){"", 0};
    quote = *canon->at++;
    begin = canon->at;
    end = memchr(begin, quote, (size_t)(canon->end - begin));
    if (!end)
        end = canon->end;
    canon->at = end < canon->end ? end + 1 : end;
    return (struct str){begin, (size_t)(end - begin)};
}

static void add_attribute(struct buf *out, struct str name, struct str value)
{
    buf_add_byte(out, ' ');
    buf_add_str(out, name);
    buf_add_text(out, "=\"");
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] == '"')
            buf_add_text(out, "&quot;");
        else
            buf_add_byte(out, value.data[i]);
    buf_add_byte(out, '"');
}

/* An empty Guid or Version is none: it is dropped, to be appended. Otherwise
 * the root's own one stays. */
static bool missing(struct canon *canon, struct str name, struct str value)
{
    bool empty = !str_trim(value).len;

    if (str_is(name, "Guid")) {
        if (empty)
            return canon->guid != NULL;
        canon->guid = NULL;
    } else if (str_is(name, "Version")) {
        canon->add_version = empty;
        return empty;
    }
    return false;
}

static void take_attribute(struct canon *canon, bool root)
{
    struct str name = take_name(canon), value;

    skip_blanks(canon);
    if (canon->at < canon->end && *canon->at == '=')
        canon->at++;
    value = take_value(canon);
    if (root && missing(canon, name, value))
        return;
    add_attribute(canon->out, name, value);
}

static void add_missing(struct canon *canon)
{
    if (canon->guid)
        add_attribute(canon->out, str_of("Guid"), str_of(canon->guid));
    if (canon->add_version)
        add_attribute(canon->out, str_of("Version"), str_of("1"));
}

static void take_start(struct canon *canon)
{
    bool root = !canon->root_seen, empty;

    canon->root_seen = true;
    begin_line(canon);
    canon->at++;
    buf_add_byte(canon->out, '<');
    buf_add_str(canon->out, take_name(canon));
    skip_blanks(canon);
    while (canon->at < canon->end && *canon->at != '/' && *canon->at != '>') {
        take_attribute(canon, root);
        skip_blanks(canon);
    }
    if (root)
        add_missing(canon);
    empty = canon->at < canon->end && *canon->at == '/';
    buf_add_text(canon->out, empty ? " />" : ">");
    canon->depth += empty ? 0 : 1;
    canon->at = behind(canon, ">");
}

static void take_end(struct canon *canon)
{
    if (canon->depth)
        canon->depth--;
    begin_line(canon);
    canon->at += strlen("</");
    buf_add_text(canon->out, "</");
    buf_add_str(canon->out, take_name(canon));
    buf_add_byte(canon->out, '>');
    canon->at = behind(canon, ">");
}

static bool here(const struct canon *canon, const char *mark)
{
    size_t len = strlen(mark);

    return (size_t)(canon->end - canon->at) >= len &&
           !memcmp(canon->at, mark, len);
}

static void take_text(struct canon *canon)
{
    const char *tag = memchr(canon->at, '<', (size_t)(canon->end - canon->at));

    add_verbatim(canon, tag ? tag : canon->end);
}

static void take_next(struct canon *canon)
{
    if (here(canon, "<?xml") && canon->at + 5 < canon->end &&
        blank(canon->at[5]))
        canon->at = behind(canon, "?>"); /* replaced by ours */
    else if (here(canon, "<?"))
        add_verbatim(canon, behind(canon, "?>"));
    else if (here(canon, "<!--"))
        add_verbatim(canon, behind(canon, "-->"));
    else if (here(canon, "<![CDATA["))
        add_verbatim(canon, behind(canon, "]]>"));
    else if (here(canon, "</"))
        take_end(canon);
    else if (here(canon, "<"))
        take_start(canon);
    else
        take_text(canon);
}

void package_manifest(struct str xml, const char *guid, struct buf *out)
{
    struct canon canon = {
        .at = xml.data,
        .end = xml.data + xml.len,
        .out = out,
        .guid = guid,
        .add_version = true,
    };

    if (here(&canon, "\xef\xbb\xbf"))
        canon.at += 3;
    buf_add_text(out, "\xef\xbb\xbf<?xml version=\"1.0\" "
                      "encoding=\"utf-8\"?>");
    while (canon.at < canon.end)
        take_next(&canon);
}
