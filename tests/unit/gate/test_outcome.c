#include "gate/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char param_name[] = "Key", empty[] = "";

static void becomes(const struct action *action, struct result result,
                    enum step_status status, const char *error)
{
    struct answer *answer;

    result.out = result.out ? result.out : empty;
    result.err = result.err ? result.err : empty;
    answer = outcome_answer(action, &result);
    assert_int_equal(answer->status, status);
    if (error)
        assert_string_equal(answer->error, error);
    else
        assert_null(answer->error);
    assert_int_equal(answer->exited, result.verdict == VERDICT_EXITED);
    assert_int_equal(answer->exit, answer->exited ? result.code : 0);
    answer_free(answer);
}

static void every_verdict_has_a_status(void **state)
{
    struct param param = {.name = param_name};
    struct action action = {.params = &param, .nparams = 1};
    char text[] = "no such file";

    (void)state;
    becomes(&action, (struct result){.verdict = VERDICT_EXITED}, STEP_EXECUTED,
            NULL);
    becomes(&action, (struct result){.verdict = VERDICT_EXITED, .code = 3},
            STEP_FAILED, "exit status 3");
    becomes(&action, (struct result){.verdict = VERDICT_SIGNALLED, .code = 9},
            STEP_FAILED, "killed by signal 9");
    becomes(&action,
            (struct result){.verdict = VERDICT_NOT_STARTED, .text = text},
            STEP_NOT_STARTED, "no such file");
    becomes(&action, (struct result){.verdict = VERDICT_NOT_STARTED},
            STEP_NOT_STARTED, "it could not start");
    becomes(&action, (struct result){.verdict = VERDICT_TIMED_OUT},
            STEP_TIMED_OUT, "it ran into its time-out");
    becomes(&action, (struct result){.verdict = VERDICT_CANCELLED}, STEP_FAILED,
            "cancelled");
    becomes(&action, (struct result){.verdict = VERDICT_OUTPUT_LIMIT},
            STEP_FAILED, "output limit");
    becomes(&action, (struct result){.verdict = VERDICT_LOST}, STEP_UNKNOWN,
            "its slot died: nobody knows how it ended");
    becomes(&action, (struct result){.verdict = (enum verdict)99}, STEP_UNKNOWN,
            "the executor gave an unknown verdict");
}

static void the_overlay_says_what_success_is(void **state)
{
    struct param param = {.name = param_name};
    int success[] = {0, 2};
    struct action action = {
        .params = &param, .nparams = 1, .success = success, .nsuccess = 2};
    struct action strict = action;
    char noise[] = "warning";
    struct result noisy = {
        .verdict = VERDICT_EXITED, .err = noise, .err_len = 7};

    (void)state;
    strict.stderr_fails = true;
    becomes(&action, (struct result){.verdict = VERDICT_EXITED, .code = 2},
            STEP_EXECUTED, NULL);
    becomes(&action, (struct result){.verdict = VERDICT_EXITED, .code = 1},
            STEP_FAILED, "exit status 1");
    becomes(&action, noisy, STEP_EXECUTED, NULL);
    becomes(&strict, noisy, STEP_FAILED, "it wrote to stderr");
}

static void output_is_kept_as_it_is(void **state)
{
    struct param param = {.name = param_name};
    struct action action = {.params = &param, .nparams = 1};
    char bytes[] = "a\0\xff\n";
    struct result result = {.verdict = VERDICT_EXITED,
                            .out = bytes,
                            .out_len = 4,
                            .err = empty,
                            .micros = 1500000};
    struct answer *answer = outcome_answer(&action, &result);

    (void)state;
    assert_int_equal(answer->out_len, 4);
    assert_memory_equal(answer->out, bytes, 4);
    assert_true(answer->seconds > 1.4999 && answer->seconds < 1.5001);
    answer_free(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_a_status),
        cmocka_unit_test(the_overlay_says_what_success_is),
        cmocka_unit_test(output_is_kept_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
