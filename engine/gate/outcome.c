#include "gate/outcome.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static bool is_success(const struct action *action, int code)
{
    if (!action->nsuccess)
        return code == 0;
    for (size_t i = 0; i < action->nsuccess; i++)
        if (action->success[i] == code)
            return true;
    return false;
}

/* SmartResponse takes anything on stderr for a failure, so scripts print
 * their errors there and exit 0. */
static void judge_exit(struct answer *answer, const struct action *action,
                       const struct result *result)
{
    answer->exited = true;
    answer->exit = result->code;
    if (!is_success(action, result->code))
        answer->error = alloc_printf("exit status %d", result->code);
    else if (result->err_len && action->stderr_fails)
        answer->error = alloc_text("it wrote to stderr");
    answer->status = answer->error ? STEP_FAILED : STEP_EXECUTED;
}

static void judge(struct answer *answer, const struct action *action,
                  const struct result *result)
{
    switch (result->verdict) {
    case VERDICT_EXITED:
        judge_exit(answer, action, result);
        return;
    case VERDICT_SIGNALLED:
        answer->signal = result->code;
        answer->status = STEP_FAILED;
        answer->error = alloc_printf("killed by signal %d", result->code);
        return;
    case VERDICT_NOT_STARTED:
        answer->status = STEP_NOT_STARTED;
        answer->error =
            alloc_text(result->text ? result->text : "it could not start");
        return;
    case VERDICT_TIMED_OUT:
        answer->status = STEP_TIMED_OUT;
        answer->error = alloc_text("it ran into its time-out");
        return;
    case VERDICT_CANCELLED:
        answer->status = STEP_FAILED;
        answer->error = alloc_text("cancelled");
        return;
    case VERDICT_OUTPUT_LIMIT:
        answer->status = STEP_FAILED;
        answer->error = alloc_text("output limit");
        return;
    case VERDICT_LOST:
        answer->status = STEP_UNKNOWN;
        answer->error = alloc_text("its slot died: nobody knows how it ended");
        return;
    }
    answer->status = STEP_UNKNOWN;
    answer->error = alloc_text("the executor gave an unknown verdict");
}

/* Replaces every occurrence in place: *** is never longer than a secret. */
static size_t hide(char *text, size_t len, struct str secret)
{
    static const char stars[] = "***";
    size_t from = 0, to = 0;

    while (from < len) {
        if (len - from >= secret.len &&
            !memcmp(text + from, secret.data, secret.len)) {
            memcpy(text + to, stars, sizeof stars - 1);
            to += sizeof stars - 1;
            from += secret.len;
        } else {
            text[to++] = text[from++];
        }
    }
    return to;
}

/* Output is cut somewhere, maybe in the middle of a secret. */
static size_t cut_tail(const char *text, size_t len, struct str secret)
{
    for (size_t part = secret.len - 1; part; part--)
        if (len >= part && !memcmp(text + len - part, secret.data, part))
            return len - part;
    return len;
}

static char *copy_hidden(const struct action *action,
                         const struct values *values, struct str output,
                         bool truncated, size_t *len)
{
    char *text = alloc_copy(output.data, output.len);

    *len = output.len;
    for (size_t i = 0; i < action->nparams; i++) {
        struct str secret = {values->items[i].text, values->items[i].len};

        if (!action->params[i].encrypted || secret.len < SECRET_MIN)
            continue;
        *len = hide(text, *len, secret);
        if (truncated)
            *len = cut_tail(text, *len, secret);
    }
    text[*len] = '\0';
    return text;
}

struct answer *outcome_answer(const struct action *action,
                              const struct values *values,
                              const struct result *result)
{
    struct answer *answer = answer_new(STEP_UNKNOWN);
    struct str out = {result->out, result->out_len};
    struct str err = {result->err, result->err_len};

    judge(answer, action, result);
    answer->seconds = (double)result->micros / 1e6;
    answer->out = copy_hidden(action, values, out, result->out_truncated,
                              &answer->out_len);
    answer->err = copy_hidden(action, values, err, result->err_truncated,
                              &answer->err_len);
    answer->out_truncated = result->out_truncated;
    answer->err_truncated = result->err_truncated;
    return answer;
}
