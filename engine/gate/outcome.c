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

struct answer *outcome_answer(const struct action *action,
                              const struct result *result)
{
    struct answer *answer = answer_new(STEP_UNKNOWN);

    judge(answer, action, result);
    answer->seconds = (double)result->micros / 1e6;
    answer->out = alloc_copy(result->out, result->out_len);
    answer->out_len = result->out_len;
    answer->err = alloc_copy(result->err, result->err_len);
    answer->err_len = result->err_len;
    answer->out_truncated = result->out_truncated;
    answer->err_truncated = result->err_truncated;
    return answer;
}
