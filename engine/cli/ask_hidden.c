#include "cli/ask_inner.h"

#include <stdlib.h>

/* Without the terminal's own line editing, which cuts a line at 4095 bytes
 * and says nothing. */

enum { KEY_EOF = 4, KEY_ERASE = 8, KEY_KILL = 21, KEY_DELETE = 127 };

struct hidden {
    struct ask *ask;
    const struct ask_question *question;
    struct buf line; /* owned; wiped */
    size_t shown;    /* bytes of its front, which Tab completed and shows */
};

static void say(const struct hidden *hidden, const char *before)
{
    struct buf buf = {0};

    buf_add_text(&buf, before);
    buf_add_text(&buf, hidden->question->prompt);
    buf_add_str(&buf, (struct str){hidden->line.data, hidden->shown});
    ask_say(&buf);
    buf_free(&buf);
}

/* ---- Tab ---------------------------------------------------------------- */

static void set_line(struct hidden *hidden, struct str text)
{
    buf_cut(&hidden->line, 0);
    buf_add_str(&hidden->line, text);
}

/* Shows what it stands for now, behind what stood there before. */
static void show_whole(struct hidden *hidden)
{
    struct buf buf = {0};
    struct str whole = buf_str(&hidden->line);

    buf_add_str(&buf, (struct str){whole.data + hidden->shown,
                                   whole.len - hidden->shown});
    hidden->shown = whole.len;
    ask_say(&buf);
    buf_free(&buf);
}

static void show_several(struct hidden *hidden, struct str common)
{
    struct buf list = {0};

    buf_add_byte(&list, '\n');
    ask_list(&list, hidden->question, buf_str(&hidden->line));
    ask_say(&list);
    set_line(hidden, common);
    hidden->shown = common.len;
    say(hidden, "");
    buf_free(&list);
}

/* Tab is a letter of the secret where nothing can be completed. */
static void complete(struct hidden *hidden)
{
    const struct ask_question *question = hidden->question;
    struct buf common = {0};
    size_t index = 0;

    switch (choice_complete(question->choices, question->nchoices,
                            buf_str(&hidden->line), &index, &common)) {
    case CHOICE_NONE:
        buf_add_byte(&hidden->line, '\t');
        break;
    case CHOICE_ONE:
        set_line(hidden, choice_text(&question->choices[index]));
        show_whole(hidden);
        break;
    case CHOICE_MANY:
        show_several(hidden, buf_str(&common));
        break;
    }
    buf_free(&common);
}

/* ---- keys --------------------------------------------------------------- */

static void clear(struct hidden *hidden)
{
    bool shown = hidden->shown > 0;

    buf_cut(&hidden->line, 0);
    hidden->shown = 0;
    if (shown)
        say(hidden, "\n");
}

/* What Tab wrote goes as a whole. */
static void drop_character(struct hidden *hidden)
{
    struct buf *line = &hidden->line;
    size_t len = line->len;

    if (len <= hidden->shown) {
        clear(hidden);
        return;
    }
    while (len && ((unsigned char)line->data[len - 1] & 0xc0) == 0x80)
        len--;
    buf_cut(line, len ? len - 1 : 0);
}

/* True at the end of the line. */
static bool take_key(struct hidden *hidden, char key)
{
    switch (key) {
    case '\r':
    case '\n':
        return true;
    case KEY_EOF:
        if (!hidden->line.len)
            ask_leave(hidden->ask);
        return false;
    case KEY_ERASE:
    case KEY_DELETE:
        drop_character(hidden);
        return false;
    case KEY_KILL:
        clear(hidden);
        return false;
    case '\t':
        complete(hidden);
        return false;
    default:
        if ((unsigned char)key >= ' ')
            buf_add_byte(&hidden->line, key);
        return false;
    }
}

char *ask_hidden(struct ask *ask, const struct ask_question *question)
{
    struct hidden hidden = {ask, question, {.wiped = true}, 0};
    bool ended = false;
    char key;

    say(&hidden, "");
    while (!ended && ask_byte(ask, &key))
        ended = take_key(&hidden, key);
    if (ended)
        return buf_take(&hidden.line);
    buf_free(&hidden.line);
    return NULL;
}
