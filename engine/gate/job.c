#include "gate/job.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Adds NAME=value; a name that is there already gets the new value. */
static void env_set(struct words *env, const char *pair)
{
    size_t name = strcspn(pair, "=") + 1;

    for (size_t i = 0; i < env->len; i++) {
        if (strncmp(env->items[i], pair, name) != 0)
            continue;
        free(env->items[i]);
        env->items[i] = alloc_text(pair);
        return;
    }
    words_add(env, pair);
}

static void env_printf(struct words *env, const char *name, const char *value)
{
    char *pair = alloc_printf("%s=%s", name, value);

    env_set(env, pair);
    free(pair);
}

static void env_set_all(struct words *env, const struct words *pairs)
{
    for (size_t i = 0; pairs && i < pairs->len; i++)
        env_set(env, pairs->items[i]);
}

/* The plugin's own folder. What the engine itself keeps in the state folder is
 * not for a plugin of that name; no slug has a '-'. */
static char *state_folder(const struct gate_ask *ask)
{
    static const char *const taken[] = {"licences", "lock", "secrets"};
    const char *slug = ask->request->action->plugin->slug;

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (!strcmp(slug, taken[i]))
            return alloc_printf("%s/plugin-%s", ask->site->state, slug);
    return alloc_printf("%s/%s", ask->site->state, slug);
}

/* A remediation finds its state folder made, since not every language can
 * make one; what only looks leaves nothing behind, nor does a dry run. Where
 * it cannot be made the plugin's own error is the better one. */
static void make_state(const struct gate_ask *ask, const char *state)
{
    if (ask->mode != GATE_LIVE ||
        ask->request->action->kind != ACTION_REMEDIATION)
        return;
    mkdir(ask->site->state, 0700);
    mkdir(state, 0700);
}

/* The site may set any variable but the two by which a plugin knows its step
 * and its state. */
static struct words environment(const struct gate_ask *ask, const char *key,
                                const struct argv *argv)
{
    const struct plugin *plugin = ask->request->action->plugin;
    const struct gate_site *site = ask->site;
    char *state = state_folder(ask);
    const char *tmp = getenv("TMPDIR");
    struct words env = {0};

    env_printf(&env, "PATH", site->path);
    env_printf(&env, "LANG", "C.UTF-8");
    env_printf(&env, "TMPDIR", tmp && *tmp ? tmp : "/tmp");
    if (site->env)
        env_set_all(&env, site->env(site->arg, plugin));
    env_set_all(&env, &argv->env);
    env_printf(&env, "RIPOSTE_STEP", key);
    env_printf(&env, "RIPOSTE_STATE", state);
    make_state(ask, state);
    free(state);
    return env;
}

/* Takes the words apart into an array with NULL at the end. */
static char **terminated(struct words words)
{
    words.items =
        alloc_resized(words.items, words.len + 1, sizeof *words.items);
    words.items[words.len] = NULL;
    return words.items;
}

static size_t find_pair(char *const *env, const char *pair)
{
    size_t name = strcspn(pair, "=") + 1;
    size_t i = 0;

    while (strncmp(env[i], pair, name) != 0)
        i++;
    return i;
}

/* In the job the program's own words come before the others, and the
 * environment has more variables. */
static void add_secrets(struct job *job, const struct gate_ask *ask,
                        const struct argv *argv)
{
    size_t more = ask->request->action->program.len - 1;

    if (!argv->nreferences)
        return;
    job->secrets = alloc_zeroed(argv->nreferences, sizeof *job->secrets);
    for (size_t i = 0; i < argv->nreferences; i++) {
        struct secret_reference *secret = &job->secrets[job->nsecrets++];

        *secret = argv->references[i];
        secret->name = alloc_text(secret->name);
        if (secret->place == SECRET_ARGV)
            secret->index += more;
        else if (secret->place == SECRET_ENV)
            secret->index = find_pair(job->env, argv->env.items[secret->index]);
    }
    job->store = alloc_text(ask->site->secrets);
    if (ask->site->secret_command)
        job->secret_command = terminated(words_copy(ask->site->secret_command));
}

void job_fill(struct job *job, const struct gate_ask *ask, const char *step,
              const char *key, const struct argv *argv)
{
    const struct request *request = ask->request;
    const struct action *action = request->action;
    int64_t timeout = request->timeout ? request->timeout : action->timeout;

    *job = (struct job){
        .step = alloc_text(step),
        .argv = terminated(argv_program(action, argv)),
        .env = terminated(environment(ask, key, argv)),
        .folder = alloc_text(action->plugin->folder),
        .input = argv->input ? alloc_copy(argv->input, argv->input_len) : NULL,
        .input_len = argv->input_len,
        .timeout = (uint64_t)timeout,
        .grace = (uint64_t)action->grace,
        .stream = ask->output != NULL,
        .hide = terminated(words_copy(&argv->hide)),
    };
    add_secrets(job, ask, argv);
}
