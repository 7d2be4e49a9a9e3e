#include "base/alloc.h"
#include "cli/account.h"
#include "cli/act.h"
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct act_show {
    struct buf begun[2]; /* of stdout and stderr: a line without its end */
    bool live;           /* it started: its output was shown as it came */
    bool colour;
};

struct act_show *act_show_new(void)
{
    struct act_show *show = ALLOC(struct act_show);

    show->colour = print_colours(STDOUT_FILENO);
    return show;
}

void act_show_free(struct act_show *show)
{
    if (!show)
        return;
    buf_free(&show->begun[0]);
    buf_free(&show->begun[1]);
    free(show);
}

/* ---- what it writes ---------------------------------------------------- */

static const char *mark(int stream)
{
    return stream == STDERR_FILENO ? "stderr: " : "stdout: ";
}

static void put_line(struct buf *buf, int stream, struct str line)
{
    buf_add_text(buf, mark(stream));
    print_safe(buf, line);
    buf_add_byte(buf, '\n');
}

/* The length of the front that ends a line, or is too long to wait for its
 * end; 0: none does yet. *next: where the rest begins. */
static size_t line_end(struct str text, size_t *next)
{
    const char *end = memchr(text.data, '\n', text.len);
    size_t len = end ? (size_t)(end - text.data) : text.len;

    *next = len + 1;
    if (len <= ACT_LINE_MAX && end)
        return len;
    if (len <= ACT_LINE_MAX)
        return *next = 0;
    len = ACT_LINE_MAX;
    while (len > 1 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--;
    *next = len;
    return len;
}

void act_show_output(struct act_show *show, int stream, struct str bytes)
{
    struct buf *begun = &show->begun[stream == STDERR_FILENO];
    struct buf buf = {0};
    struct str left;
    size_t len, next;

    buf_add_str(begun, bytes);
    left = buf_str(begun);
    while (left.len && (len = line_end(left, &next), next)) {
        put_line(&buf, stream, (struct str){left.data, len});
        left.data += next;
        left.len -= next;
    }
    buf_consume(begun, begun->len - left.len);
    print_out(&buf);
    buf_free(&buf);
}

/* The last line, where it has no end. */
static void put_rest(struct act_show *show, struct buf *buf, int stream)
{
    struct buf *begun = &show->begun[stream == STDERR_FILENO];

    if (begun->len)
        put_line(buf, stream, buf_str(begun));
    begun->len = 0;
}

static void put_cut(struct buf *buf, int stream, bool truncated)
{
    if (truncated)
        buf_printf(buf, "%s… (only the first %d KiB are kept)\n", mark(stream),
                   STEP_OUTPUT_MAX / 1024);
}

static void show_rest(struct act_show *show, const struct answer *answer)
{
    struct buf buf = {0};

    if (!show->live) {
        act_show_output(show, STDOUT_FILENO,
                        (struct str){answer->out, answer->out_len});
        act_show_output(show, STDERR_FILENO,
                        (struct str){answer->err, answer->err_len});
    }
    put_rest(show, &buf, STDOUT_FILENO);
    put_cut(&buf, STDOUT_FILENO, answer->out_truncated);
    put_rest(show, &buf, STDERR_FILENO);
    put_cut(&buf, STDERR_FILENO, answer->err_truncated);
    print_out(&buf);
    buf_free(&buf);
}

/* ---- the rest ---------------------------------------------------------- */

static void show_argv(const struct argv *argv)
{
    struct buf buf = {0};

    buf_add_text(&buf, "argv:   ");
    print_argv(&buf, argv);
    buf_add_byte(&buf, '\n');
    print_out(&buf);
    buf_free(&buf);
}

void act_show_started(struct act_show *show, const struct argv *argv)
{
    show->live = true;
    show_argv(argv);
}

static void show_answer(const struct act_show *show,
                        const struct answer *answer)
{
    struct buf buf = {0}, ending = {0};

    buf_add_text(&buf, "status: ");
    account_status(&buf, answer->status, show->colour);
    account_ending(&ending, answer);
    if (ending.len) {
        buf_add_text(&buf, ", ");
        buf_add_str(&buf, buf_str(&ending));
    }
    if (answer->error && answer->status != STEP_DRY) {
        buf_add_text(&buf, ": ");
        print_text(&buf, answer->error);
    }
    buf_printf(&buf, "\ntime:   %.3f s\n", answer->seconds);
    print_out(&buf);
    buf_free(&ending);
    buf_free(&buf);
}

void act_show_step(struct act_show *show, const struct flow_step *step)
{
    if (step->argv && !show->live)
        show_argv(step->argv);
    show_rest(show, step->answer);
    show_answer(show, step->answer);
    show->live = false;
}
