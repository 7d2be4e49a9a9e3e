#include "gate/pending.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "base/log.h"
#include "gate/outcome.h"

#include <stdlib.h>

/* A result that is not forgotten would be given again to the next engine. */
static void forget(void *arg)
{
    struct pending *pending = arg;

    CRASH(ENGINE_RESULT_COMMITTED);
    if (!pending_committed(pending))
        return;
    if (!pending->gate->lost)
        exec_client_forget(pending->gate->client, pending->step);
    CRASH(ENGINE_RESULT_FORGOTTEN);
    pending_free(pending);
}

/* What may not start any more did not, or ended in one way or another. */
static struct answer *answer_of(const struct pending *pending,
                                const struct result *result)
{
    struct answer *answer = outcome_answer(pending->action, result);

    if (!pending->barred || answer->status != STEP_NOT_STARTED)
        return answer;
    answer_free(answer);
    return answer_refused(pending->barred, pending->why);
}

static void say(struct answer *answer, enum step_status status,
                const char *what)
{
    char *error = alloc_printf("it ran into its time-out, and %s", what);

    free(answer->error);
    answer->error = status == STEP_EXECUTED ? NULL : alloc_text(error);
    answer->status = status;
    free(error);
}

/* Its time-out says when it was killed, not what it had done by then. */
static bool is_doubtful(const struct pending *pending,
                        const struct answer *answer)
{
    return answer->status == STEP_TIMED_OUT &&
           pending->ask->way == GATE_ASKED &&
           pending->action->kind == ACTION_REMEDIATION;
}

/* The answer goes before the intents of whoever gets the lane. */
static void end(struct pending *pending, struct answer *answer)
{
    struct gate_ask *ask = pending->ask;

    pending_write_answer(pending, answer, forget);
    pending_leave_lane(pending);
    ask->done(ask->arg, answer,
              pending->judged.built ? &pending->judged.argv : NULL);
}

enum gate_verified gate_verified_by(const struct answer *answer)
{
    if (!answer || !answer->exited || answer->err_len)
        return GATE_CANNOT_TELL;
    return answer->exit == 0   ? GATE_IN_FORCE
           : answer->exit == 1 ? GATE_NOT_IN_FORCE
                               : GATE_CANNOT_TELL;
}

void gate_settle(struct gate *gate, const struct gate_ask *ask,
                 enum gate_verified verified)
{
    struct pending *pending = gate->all;
    struct answer *answer;

    while (pending->ask != ask)
        pending = pending->next;
    answer = pending->answer;
    pending->answer = NULL;
    if (verified == GATE_IN_FORCE)
        say(answer, STEP_EXECUTED, "its Verify says that it is in force");
    else if (verified == GATE_NOT_IN_FORCE)
        say(answer, STEP_TIMED_OUT, "its Verify says that it is not in force");
    else
        say(answer, STEP_UNKNOWN, "its Verify cannot tell what came of it");
    end(pending, answer);
}

void gate_take_result(void *arg, const struct result *result)
{
    struct gate *gate = arg;
    struct pending *pending = table_remove(gate->jobs, str_of(result->step));
    struct answer *answer;

    CRASH(ENGINE_RESULT_COME);
    if (!pending) {
        /* An earlier engine's: its step has an answer since the recovery. */
        log_line("a result for %s, which nobody waits for", result->step);
        exec_client_forget(gate->client, result->step);
        return;
    }
    answer = answer_of(pending, result);
    if (!is_doubtful(pending, answer)) {
        end(pending, answer);
    } else if (!pending->action->verify || !pending->ask->doubtful) {
        say(answer, STEP_UNKNOWN,
            "there is no Verify that could tell what "
            "came of it");
        end(pending, answer);
    } else {
        pending->answer = answer;
        pending_leave_lane(pending); /* Verify needs it */
        pending->ask->doubtful(pending->ask->arg);
    }
}

void gate_take_output(void *arg, const struct output *piece)
{
    struct gate *gate = arg;
    struct pending *pending = table_get(gate->jobs, str_of(piece->step));

    if (pending && pending->ask->output)
        pending->ask->output(pending->ask->arg, piece->stream,
                             (struct str){piece->bytes, piece->len});
}
