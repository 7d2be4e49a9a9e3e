#include "cli/account.h"
#include "cli/act.h"
#include "cli/print.h"

#include <string.h>
#include <unistd.h>

/* Each line by itself, so that only the line ends get through. */
static void put_output(struct buf *buf, const char *name, const char *data,
                       size_t len, bool truncated)
{
    struct str left = {data, len};

    if (!len)
        return;
    buf_printf(buf, "%s:\n", name);
    while (left.len) {
        const char *end = memchr(left.data, '\n', left.len);
        size_t line = end ? (size_t)(end - left.data) : left.len;

        buf_add_text(buf, "  ");
        print_safe(buf, (struct str){left.data, line});
        buf_add_byte(buf, '\n');
        line += end ? 1 : 0;
        left.data += line;
        left.len -= line;
    }
    if (truncated)
        buf_add_text(buf, "  … (the rest was not kept)\n");
}

void act_show_step(const struct flow_step *step)
{
    const struct answer *answer = step->answer;
    struct buf buf = {0};
    size_t begin;

    if (step->argv) {
        buf_add_text(&buf, "argv:   ");
        print_argv(&buf, step->argv);
        buf_add_byte(&buf, '\n');
    }
    buf_add_text(&buf, "status: ");
    account_status(&buf, answer->status, print_colours(STDOUT_FILENO));
    begin = buf.len;
    account_ending(&buf, answer);
    if (buf.len > begin) {
        buf.len = begin;
        buf_add_text(&buf, ", ");
        account_ending(&buf, answer);
    }
    if (answer->error && answer->status != STEP_DRY) {
        buf_add_text(&buf, ": ");
        print_text(&buf, answer->error);
    }
    buf_printf(&buf, "\ntime:   %.3f s\n", answer->seconds);
    put_output(&buf, "stdout", answer->out, answer->out_len,
               answer->out_truncated);
    put_output(&buf, "stderr", answer->err, answer->err_len,
               answer->err_truncated);
    print_out(&buf);
    buf_free(&buf);
}
