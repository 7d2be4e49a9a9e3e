#include "exec/resolve.h"

#include "base/alloc.h"
#include "exec/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct resolve {
    struct job job; /* owned */
    char **values;  /* owned, job.nsecrets: NULL until it is known */
    size_t asked;   /* of which the command was asked */
};

struct resolve *resolve_new(struct job *job)
{
    struct resolve *resolve = ALLOC(struct resolve);

    resolve->job = *job;
    *job = (struct job){0};
    resolve->values =
        alloc_zeroed(resolve->job.nsecrets + 1, sizeof *resolve->values);
    return resolve;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void resolve_free(struct resolve *resolve)
{
    if (!resolve)
        return;
    for (size_t i = 0; i < resolve->job.nsecrets; i++)
        wipe(resolve->values[i]);
    free(resolve->values);
    job_clear(&resolve->job);
    free(resolve);
}

const char *resolve_step(const struct resolve *resolve)
{
    return resolve->job.step;
}

/* ---- Looking up ------------------------------------------------------- */

/* ERROR_NOT_FOUND where neither has it. */
static int look_in_folders(const struct job *job, const char *name,
                           char **value, struct error *error)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    int status = ERROR_NOT_FOUND;

    if (credentials && *credentials == '/')
        status = store_read(credentials, name, STORE_SYSTEM, value, error);
    if (status == ERROR_NOT_FOUND)
        status = store_read(job->store, name, STORE_OWN, value, error);
    return status;
}

static size_t count(char *const *words)
{
    size_t len = 0;

    while (words[len])
        len++;
    return len;
}

/* With this program's own environment: it is the operator's, who says there
 * where a vault is and how to ask it. */
static void fill_command(struct job *command, const struct job *job,
                         const char *name)
{
    size_t words = count(job->secret_command);
    size_t variables = count(environ);

    *command = (struct job){
        .step = alloc_text(job->step),
        .argv = alloc_zeroed(words + 2, sizeof(char *)),
        .env = alloc_zeroed(variables + 1, sizeof(char *)),
        .folder = alloc_text("/"),
        .timeout = RESOLVE_TIMEOUT_MS,
        .grace = RESOLVE_GRACE_MS,
    };
    for (size_t i = 0; i < words; i++)
        command->argv[i] = alloc_text(job->secret_command[i]);
    command->argv[words] = alloc_text(name);
    for (size_t i = 0; i < variables; i++)
        command->env[i] = alloc_text(environ[i]);
}

/* A secret may stand in several places. */
static void know(struct resolve *resolve, size_t i, const char *value)
{
    const struct secret_reference *secrets = resolve->job.secrets;

    for (size_t k = 0; k < resolve->job.nsecrets; k++)
        if (!resolve->values[k] && !strcmp(secrets[k].name, secrets[i].name))
            resolve->values[k] = alloc_text(value);
}

int resolve_answer(struct resolve *resolve, const struct result *result,
                   struct error *error)
{
    const struct job *job = &resolve->job;
    const char *name = job->secrets[resolve->asked].name;
    const char *program = job->secret_command[0];
    char *value;
    int status;

    /* What it says on stderr is not shown: it may be about the secret. */
    switch (result->verdict) {
    case VERDICT_EXITED:
        break;
    case VERDICT_NOT_STARTED:
        return error_set(error, ERROR_SYSTEM, "secret %s: %s", name,
                         result->text);
    case VERDICT_CANCELLED:
        return error_set(error, ERROR_SYSTEM,
                         "cancelled while secret %s was looked up", name);
    case VERDICT_TIMED_OUT:
        return error_set(error, ERROR_LIMIT,
                         "secret %s: %s gave no answer within %d s", name,
                         program, RESOLVE_TIMEOUT_MS / 1000);
    case VERDICT_OUTPUT_LIMIT:
        return error_set(error, ERROR_LIMIT,
                         "secret %s: %s does not stop printing", name, program);
    default:
        return error_set(error, ERROR_SYSTEM, "secret %s: %s was killed", name,
                         program);
    }
    if (result->code)
        return error_set(
            error, ERROR_NOT_FOUND,
            "secret %s is not set here, and %s does not know it: "
            "exit status %d; run it by hand to see why, or riposte "
            "secret set %s",
            name, program, result->code, name);
    status = store_value(name, (struct str){result->out, result->out_len},
                         &value, error);
    if (status)
        return status;
    know(resolve, resolve->asked, value);
    wipe(value);
    return 0;
}

/* ---- Putting them into their places ----------------------------------- */

static void put_variable(char **pair, const char *value)
{
    size_t name = strcspn(*pair, "=");
    char *whole = alloc_printf("%.*s=%s", (int)name, *pair, value);

    free(*pair);
    *pair = whole;
}

static int put(struct job *job, const struct secret_reference *secret,
               const char *value, struct error *error)
{
    if (value[0] == '-' && !secret->dash)
        return error_set(error, ERROR_INVALID,
                         "secret %s begins with '-', so that a program may "
                         "take it for an option (Dash=\"true\" in the overlay "
                         "allows it)",
                         secret->name);
    switch (secret->place) {
    case SECRET_ARGV:
        free(job->argv[secret->index]);
        job->argv[secret->index] = alloc_text(value);
        break;
    case SECRET_ENV:
        put_variable(&job->env[secret->index], value);
        break;
    case SECRET_STDIN:
        free(job->input);
        job->input = alloc_text(value);
        job->input_len = strlen(value);
        break;
    }
    return 0;
}

static int put_all(struct resolve *resolve, struct error *error)
{
    struct job *job = &resolve->job;
    size_t hidden = count(job->hide);
    int status = 0;

    job->hide =
        alloc_resized(job->hide, hidden + job->nsecrets + 1, sizeof *job->hide);
    for (size_t i = 0; i < job->nsecrets && !status; i++) {
        job->hide[hidden] = alloc_text(resolve->values[i]);
        job->hide[++hidden] = NULL;
        status = put(job, &job->secrets[i], resolve->values[i], error);
    }
    return status;
}

static int look_up(struct resolve *resolve, size_t i, struct job *command,
                   struct error *error)
{
    const struct job *job = &resolve->job;
    const char *name = job->secrets[i].name;
    char *value = NULL;
    int status = look_in_folders(job, name, &value, error);

    if (!status) {
        know(resolve, i, value);
        wipe(value);
    } else if (status == ERROR_NOT_FOUND && job->secret_command[0]) {
        resolve->asked = i;
        fill_command(command, job, name);
        return 1;
    } else if (status == ERROR_NOT_FOUND) {
        error_set(error, ERROR_NOT_FOUND,
                  "secret %s is not set; riposte secret set %s", name, name);
    }
    return status;
}

int resolve_next(struct resolve *resolve, struct job *job, struct error *error)
{
    int status = 0;

    for (size_t i = 0; i < resolve->job.nsecrets && !status; i++)
        if (!resolve->values[i])
            status = look_up(resolve, i, job, error);
    if (!status)
        status = put_all(resolve, error);
    if (status)
        return status;
    for (size_t i = 0; i < resolve->job.nsecrets; i++)
        wipe(resolve->values[i]);
    free(resolve->values);
    resolve->values = NULL;
    *job = resolve->job;
    resolve->job = (struct job){0};
    return 0;
}
