#include "cli/print.h"

#include "base/clock.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void print_safe(struct buf *buf, struct str text)
{
    char *safe = log_safe(text);

    buf_add_text(buf, safe);
    free(safe);
}

void print_text(struct buf *buf, const char *text)
{
    print_safe(buf, str_of(text));
}

bool print_plain(struct str text)
{
    char *safe = log_safe(text);
    bool same = str_is(text, safe);

    free(safe);
    return same;
}

static bool bare(struct str word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_@%+=:,./-";

    for (size_t i = 0; i < word.len; i++)
        if (!word.data[i] || !strchr(plain, word.data[i]))
            return false;
    return word.len > 0;
}

static void add_quoted(struct buf *buf, struct str word, const char *special)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] && strchr(special, word.data[i]))
            buf_add_byte(buf, '\\');
        buf_add_byte(buf, word.data[i]);
    }
}

/* A backslash of the word itself is doubled before log_safe adds its own, so
 * that the two can be told apart. */
static void print_dollar(struct buf *buf, struct str word)
{
    struct buf quoted = {0};

    add_quoted(&quoted, word, "\\'");
    buf_add_text(buf, "$'");
    print_safe(buf, buf_str(&quoted));
    buf_add_byte(buf, '\'');
    buf_free(&quoted);
}

void print_word(struct buf *buf, struct str word)
{
    if (bare(word)) {
        buf_add_str(buf, word);
    } else if (!print_plain(word) || memchr(word.data, '\'', word.len)) {
        print_dollar(buf, word);
    } else {
        buf_add_byte(buf, '\'');
        buf_add_str(buf, word);
        buf_add_byte(buf, '\'');
    }
}

void print_front(struct buf *buf, struct str text, size_t most)
{
    size_t len = text.len;

    if (len > most) {
        len = most;
        while (len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
            len--;
    }
    print_safe(buf, (struct str){text.data, len});
    if (len < text.len)
        buf_add_text(buf, "…");
}

/* In '…', where nothing is special but the quote itself: 'it'\''s'. */
static void print_quoted(struct buf *buf, struct str word)
{
    buf_add_byte(buf, '\'');
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] == '\'')
            buf_add_text(buf, "'\\''");
        else
            buf_add_byte(buf, word.data[i]);
    buf_add_byte(buf, '\'');
}

static void print_octal(struct buf *buf, struct str word)
{
    buf_add_text(buf, "$'");
    for (size_t i = 0; i < word.len; i++) {
        unsigned char byte = (unsigned char)word.data[i];

        if (byte < ' ' || byte > '~' || byte == '\'' || byte == '\\')
            buf_printf(buf, "\\%03o", byte);
        else
            buf_add_byte(buf, word.data[i]);
    }
    buf_add_byte(buf, '\'');
}

void print_shell(struct buf *buf, struct str word)
{
    if (bare(word))
        buf_add_str(buf, word);
    else if (print_plain(word))
        print_quoted(buf, word);
    else
        print_octal(buf, word);
}

void print_argv(struct buf *buf, const struct argv *argv)
{
    for (size_t i = 0; i < argv->words.len; i++) {
        if (i)
            buf_add_byte(buf, ' ');
        if (argv->secret && argv->secret[i])
            buf_add_text(buf, "***");
        else
            print_word(buf, str_of(argv->words.items[i]));
    }
}

void print_duration(struct buf *buf, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {
        {86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;

    while (ms % units[i].ms)
        i++;
    if (!ms)
        i = 3;
    buf_printf(buf, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

void print_count(struct buf *buf, int64_t count, const char *one,
                 const char *many)
{
    buf_printf(buf, "%lld %s", (long long)count, count == 1 ? one : many);
}

void print_field(struct buf *buf, const char *label, const char *text)
{
    if (!text)
        return;
    buf_printf(buf, "%-10s", label);
    print_text(buf, text);
    buf_add_byte(buf, '\n');
}

void print_when(struct buf *buf, const char *label, int64_t time)
{
    char text[CLOCK_TEXT];

    if (time)
        clock_format(time, text);
    print_field(buf, label, time ? text : NULL);
}

struct json_out print_begin(struct buf *buf, const char *event)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '{');
    json_text(&out, "event", event);
    return out;
}

void print_time(struct json_out *out, const char *key, int64_t time)
{
    char text[CLOCK_TEXT];

    if (time)
        clock_format(time, text);
    json_text(out, key, time ? text : NULL);
}

void print_words(struct json_out *out, const char *key,
                 const struct words *words)
{
    json_key(out, key);
    json_open(out, '[');
    for (size_t i = 0; i < words->len; i++)
        json_put_text(out, words->items[i]);
    json_close(out, ']');
}

void print_close(struct json_out *out)
{
    json_close(out, '}');
    buf_add_byte(out->buf, '\n');
}

void print_end(struct json_out *out)
{
    print_close(out);
    print_out(out->buf);
}

/* The stream remembers that it failed, so that this is said once. */
static int write_out(struct str text)
{
    bool failed = ferror(stdout);

    if ((fwrite(text.data, 1, text.len, stdout) < text.len || fflush(stdout)) &&
        !failed)
        log_line("error: cannot write to standard output: %s", strerror(errno));
    return ferror(stdout) ? ERROR_SYSTEM : 0;
}

/* Flushed at once: who reads a pipe sees what has happened, and a kill loses
 * nothing that was said. */
void print_out(struct buf *buf)
{
    if (buf->len)
        write_out(buf_str(buf));
    buf->len = 0;
}

int print_flush(void)
{
    return write_out((struct str){"", 0});
}

void print_problem(const struct problem *problem, bool json)
{
    const struct error *error = &problem->error;
    struct buf buf = {0};
    struct json_out out;

    if (!json) {
        log_problem(problem);
        return;
    }
    out = print_begin(&buf, "problem");
    json_text(&out, "severity", problem->warning ? "warning" : "error");
    json_text(&out, "file", error->where[0] ? error->where : NULL);
    if (error->line)
        json_int(&out, "line", error->line);
    else
        json_null(&out, "line");
    if (error->line && error->column)
        json_int(&out, "column", error->column);
    else
        json_null(&out, "column");
    json_text(&out, "text", error->text);
    print_end(&out);
    buf_free(&buf);
}

/* https://no-color.org: set and not empty means none. */
bool print_colours(int fd)
{
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fd) && !(none && none[0]) && !(term && !strcmp(term, "dumb"));
}
