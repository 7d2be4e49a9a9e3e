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

/* The action's secret of that number; empty where it is none. */
static struct str secret_of(const struct action *action,
                            const struct values *values, size_t i)
{
    const struct value *value = &values->items[i];

    if (!action->params[i].encrypted || value->len < SECRET_MIN)
        return (struct str){"", 0};
    return (struct str){value->text, value->len};
}

/* The length of the longest secret at the front of the text: one secret may
 * be the beginning of another. */
static size_t secret_at(const struct action *action,
                        const struct values *values, struct str text)
{
    size_t longest = 0;

    for (size_t i = 0; i < action->nparams; i++) {
        struct str secret = secret_of(action, values, i);

        if (secret.len > longest && secret.len <= text.len &&
            !memcmp(text.data, secret.data, secret.len))
            longest = secret.len;
    }
    return longest;
}

/* Replaces every secret in place: *** is never longer than one. */
static size_t hide(const struct action *action, const struct values *values,
                   char *text, size_t len)
{
    static const char stars[] = "***";
    size_t from = 0, to = 0;

    while (from < len) {
        size_t secret =
            secret_at(action, values, (struct str){text + from, len - from});

        if (secret) {
            memcpy(text + to, stars, sizeof stars - 1);
            to += sizeof stars - 1;
            from += secret;
        } else {
            text[to++] = text[from++];
        }
    }
    return to;
}

/* Output is cut somewhere, maybe in the middle of a secret. */
static size_t cut_tail(const char *text, size_t len, struct str secret)
{
    for (size_t part = secret.len ? secret.len - 1 : 0; part; part--)
        if (len >= part && !memcmp(text + len - part, secret.data, part))
            return len - part;
    return len;
}

static char *copy_hidden(const struct action *action,
                         const struct values *values, struct str output,
                         bool truncated, size_t *len)
{
    char *text = alloc_copy(output.data, output.len);

    *len = hide(action, values, text, output.len);
    for (size_t i = 0; truncated && i < action->nparams; i++)
        *len = cut_tail(text, *len, secret_of(action, values, i));
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
