#include "cli/account.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIELD_SHOWN = 80,   /* bytes of a field's value */
    ANSWER_SHOWN = 160, /* bytes of the first line of an output */
};

#define GREEN "\x1b[32m"
#define YELLOW "\x1b[33m"
#define RED "\x1b[31m"
#define BOLD "\x1b[1m"
#define PLAIN "\x1b[0m"

static void paint(struct buf *buf, const char *colour, const char *text,
                  bool on)
{
    buf_add_text(buf, on ? colour : "");
    print_text(buf, text);
    buf_add_text(buf, on ? PLAIN : "");
}

static struct str first_line(const char *data, size_t len)
{
    struct str text = str_trim((struct str){data, len});
    const char *end = text.len ? memchr(text.data, '\n', text.len) : NULL;

    if (end)
        text.len = (size_t)(end - text.data);
    return str_trim(text);
}

/* ---- a block --------------------------------------------------------- */

/* The rule's name stands in the head already, the message in the log. */
static bool worth_showing(struct str name)
{
    return !str_is(name, "AlarmRuleName") && !str_is(name, "Message") &&
           !str_is(name, "AlarmDate") && !str_is(name, "NormalMessageDate");
}

static void put_field(struct buf *buf, const struct json *field)
{
    size_t len;
    char *text;

    if (field->type == JSON_NULL || !worth_showing(field->key))
        return;
    text = alarm_text(field, &len);
    buf_add_byte(buf, ' ');
    print_safe(buf, field->key);
    buf_add_byte(buf, '=');
    if (len > FIELD_SHOWN)
        print_front(buf, (struct str){text, len}, FIELD_SHOWN);
    else
        print_word(buf, (struct str){text, len});
    free(text);
}

static void put_alarm(struct buf *buf, const struct alarm *alarm, bool colour)
{
    const struct json *rule = alarm_get(alarm, str_of("AlarmRuleName"));
    char time[CLOCK_TEXT];
    char *text = NULL;
    size_t len = 0;

    clock_format(alarm->time, time);
    if (rule)
        text = alarm_text(rule, &len);
    buf_printf(buf, "%s  ", time);
    paint(buf, BOLD, text ? text : "(no AlarmRuleName)", colour);
    free(text);
    buf_printf(buf, "  %s", alarm->source ? alarm->source : "");
    if (alarm->id[0])
        buf_printf(buf, " %.12s", alarm->id);
    buf_add_byte(buf, '\n');
}

void account_head(struct buf *buf, const struct flow_run *run, bool colour)
{
    if (run->alarm)
        put_alarm(buf, run->alarm, colour);
    buf_printf(buf, "  %s ", run->run);
    if (run->cause)
        buf_printf(buf, "(%s of l%lld)", run->cause, (long long)run->lease);
    else
        paint(buf, BOLD, run->policy ? run->policy : "(by hand)", colour);
    if (run->alarm) {
        const struct json *fields = run->alarm->fields;

        buf_add_byte(buf, ':');
        for (size_t i = 0; fields && i < fields->as.list.len; i++)
            put_field(buf, &fields->as.list.items[i]);
    }
    buf_add_byte(buf, '\n');
}

static const char *status_colour(enum step_status status)
{
    switch (status) {
    case STEP_EXECUTED:
        return GREEN;
    case STEP_PENDING:
    case STEP_DRY:
        return YELLOW;
    default:
        return RED;
    }
}

void account_status(struct buf *buf, enum step_status status, bool colour)
{
    paint(buf, status_colour(status), step_status_names[status], colour);
}

void account_ending(struct buf *buf, const struct answer *answer)
{
    if (answer->exited)
        buf_printf(buf, "exit %d", answer->exit);
    else if (answer->signal)
        buf_printf(buf, "signal %d", answer->signal);
    else if (answer->rule)
        print_text(buf, answer->rule);
    else if (answer->shared)
        buf_add_text(buf, "in force already");
}

/* The line that says most: of stdout where all went well, else the reason or
 * the plugin's complaint. */
static struct str telling(const struct answer *answer)
{
    struct str out = first_line(answer->out, answer->out_len);
    struct str err = first_line(answer->err, answer->err_len);

    if (answer->status == STEP_EXECUTED)
        return out;
    if (err.len)
        return err;
    return answer->error ? str_of(answer->error) : out;
}

void account_step(struct buf *buf, const struct flow_step *step, bool colour)
{
    const struct action *action = step->request->action;
    const struct answer *answer = step->answer;
    struct str text = telling(answer);
    size_t begin;

    buf_add_text(buf, "    ");
    print_text(buf, action->plugin->name);
    buf_add_byte(buf, '/');
    print_text(buf, action->name);
    if (step->argv) {
        buf_add_text(buf, "  [");
        print_argv(buf, step->argv);
        buf_add_byte(buf, ']');
    }
    buf_add_text(buf, "  ");
    account_status(buf, answer->status, colour);
    buf_add_text(buf, "  ");
    begin = buf->len;
    account_ending(buf, answer);
    buf_add_text(buf, text.len && buf->len > begin ? ": " : "");
    print_front(buf, text, ANSWER_SHOWN);
    buf_printf(buf, "%s%.3f s%s\n", buf->len > begin ? "  " : "",
               answer->seconds, step->replayed ? "  (recorded earlier)" : "");
}

void account_end(struct buf *buf, const struct flow_run *run, bool colour)
{
    bool well = run->outcome == RUN_DONE;
    bool waits = run->outcome == RUN_WAITING;

    buf_add_text(buf, "  ");
    paint(buf,
          well    ? GREEN
          : waits ? YELLOW
                  : RED,
          run_outcome_names[run->outcome], colour);
    if (run->error) {
        buf_add_text(buf, ": ");
        print_text(buf, run->error);
    }
    buf_add_text(buf, "\n\n");
}

/* ---- the sums -------------------------------------------------------- */

static void put_counts(struct buf *buf, const struct flow_counts *counts,
                       double seconds)
{
    print_count(buf, counts->alarms, "alarm", "alarms");
    buf_printf(buf, ", %lld refused, %lld skipped, ",
               (long long)counts->refused, (long long)counts->skipped);
    print_count(buf, counts->duplicates, "duplicate", "duplicates");
    buf_printf(buf, ", %lld matched\n", (long long)counts->matched);
    print_count(buf, counts->runs, "run", "runs");
    buf_add_text(buf, ", ");
    print_count(buf, counts->steps, "step", "steps");
    buf_printf(buf, ", %lld failed, %lld waiting, %lld unknown, %.3f seconds\n",
               (long long)counts->failed, (long long)counts->waiting,
               (long long)counts->unknown, seconds);
}

void account_summary(struct buf *buf, const struct flow_counts *counts,
                     double seconds, const char *quarantine)
{
    put_counts(buf, counts, seconds);
    if (counts->duplicates) {
        buf_add_text(buf, "duplicates: ");
        print_count(buf, counts->duplicates, "alarm was", "alarms were");
        buf_printf(buf,
                   " in the journal already; nothing was done for %s again\n",
                   counts->duplicates == 1 ? "it" : "them");
    }
    if (counts->refused && quarantine) {
        buf_add_text(buf, "refused records and the reasons: ");
        print_text(buf, quarantine);
        buf_add_byte(buf, '\n');
    }
    if (counts->unknown) {
        buf_add_text(buf, "unknown: nobody knows whether ");
        print_count(buf, counts->unknown, "action", "actions");
        buf_printf(buf, " took place; look at %s\n",
                   counts->unknown == 1 ? "its target" : "their targets");
    }
}
