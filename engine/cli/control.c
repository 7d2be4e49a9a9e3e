#include "cli/control.h"

#include "base/alloc.h"
#include "cli/commands.h"
#include "cli/site.h"

#include <stdlib.h>
#include <string.h>

/*
 * What somebody asked of serve: begun in the loop's thread, read for in one of
 * libuv's, changed in the loop's again, and answered once all is on the disk.
 * The control socket gives one at a time.
 */
struct errand {
    struct errands *errands; /* NULL: the engine has ended */
    struct control_ask *ask;
    struct engine *engine;
    char **argv; /* owned, its words are the ask's */
    struct args args;
    struct desk desk;
    uv_work_t work;
    uv_sem_t looked; /* nothing is read any more */
    int code;
};

struct errands {
    char *site;             /* owned: absolute path */
    struct errand *reading; /* the one that is in another thread, or NULL */
    struct errand *writing; /* the one that waits for the disk, or NULL */
};

/* ---- the end ------------------------------------------------------------ */

static void errand_free(struct errand *errand)
{
    args_free(&errand->args);
    free(errand->argv);
    uv_sem_destroy(&errand->looked);
    free(errand);
}

static void answer(struct errand *errand)
{
    struct desk *desk = &errand->desk;
    int status =
        desk->work ? desk_end(desk, errand->code) : site_status(&desk->error);

    control_notes(errand->ask, buf_str(&desk->notes));
    control_out(errand->ask, buf_str(&desk->out));
    control_end(errand->ask, status, &desk->error);
    desk_clear(desk);
    errand_free(errand);
}

static void on_disk(void *arg)
{
    struct errand *errand = arg;

    if (errand->errands)
        errand->errands->writing = NULL;
    answer(errand);
}

/* ---- its parts ---------------------------------------------------------- */

static void look(uv_work_t *work)
{
    struct errand *errand = work->data;

    errand->code = desk_look(&errand->desk);
    uv_sem_post(&errand->looked);
}

static void change(struct errand *errand)
{
    errand->code = desk_change(&errand->desk);
    if (errand->code || !errand->desk.work->change) {
        answer(errand);
        return;
    }
    errand->errands->writing = errand;
    journal_after(errand->desk.journal, on_disk, errand);
}

static void after_look(uv_work_t *work, int status)
{
    struct errand *errand = work->data;

    (void)status;
    if (errand->errands)
        errand->errands->reading = NULL;
    else if (!errand->code)
        errand->code = error_set(&errand->desk.error, ERROR_SYSTEM,
                                 "the engine has ended meanwhile");
    if (errand->code)
        answer(errand);
    else
        change(errand);
}

/* ---- the beginning ------------------------------------------------------ */

static int read_words(struct errand *errand, struct error *error)
{
    const struct words *words = control_words(errand->ask);
    int code;

    errand->argv = alloc_zeroed(words->len + 2, sizeof(char *));
    errand->argv[0] = (char *)(uintptr_t) "riposte";
    for (size_t i = 0; i < words->len; i++)
        errand->argv[i + 1] = words->items[i];
    code = args_parse(&errand->args, errand->argv, error);
    errand->args.site = errand->errands->site;
    if (!code && (!errand->args.command || errand->args.help))
        code = error_set(error, ERROR_INVALID, "no command is named");
    return code;
}

static int check_role(struct errand *errand, const struct settings *settings,
                      int64_t *uid, unsigned *roles, struct error *error)
{
    const struct command *command = errand->args.command;
    int64_t gid;

    if (!control_peer(errand->ask, uid, &gid))
        return error_set(error, ERROR_DENIED, "nobody can tell who asks");
    *roles = roles_of(&settings->roles, *uid, gid);
    if (*roles & command_access(command))
        return 0;
    return error_set(error, ERROR_DENIED,
                     "%s is not for uid %lld: riposte.lua gives no role that "
                     "has it (roles)",
                     command->name, (long long)*uid);
}

static int open_desk(struct errand *errand)
{
    struct flow *flow = engine_flow(errand->engine);
    struct desk *desk = &errand->desk;
    unsigned roles = 0;
    int64_t uid = 0;
    int code = read_words(errand, &desk->error);

    if (!code)
        code = check_role(errand, flow_set(flow)->settings, &uid, &roles,
                          &desk->error);
    if (code)
        return code;
    desk->work = errand->args.command->desk
                     ? errand->args.command->desk(&errand->args)
                     : NULL;
    if (!desk->work)
        return error_set(&desk->error, ERROR_INVALID,
                         "that is not done by an engine");
    desk->args = &errand->args;
    desk->site = alloc_text(errand->errands->site);
    desk->set = set_ref(flow_set(flow));
    desk->root = (roles & ROLE_ADMIN) != 0;
    desk->journal = engine_journal(errand->engine);
    desk->flow = flow;
    person_of(&desk->caller, uid);
    return desk_begin(desk);
}

void errands_begin(void *arg, struct serve *serve, struct control_ask *ask)
{
    struct errand *errand = ALLOC(struct errand);

    errand->errands = arg;
    errand->ask = ask;
    errand->engine = serve_engine(serve);
    errand->desk.serve = serve;
    errand->work.data = errand;
    uv_sem_init(&errand->looked, 0);
    errand->code = open_desk(errand);
    if (errand->code) {
        answer(errand);
        return;
    }
    errand->errands->reading = errand;
    uv_queue_work(engine_loop(errand->engine), &errand->work, look, after_look);
}

/* ---- their life --------------------------------------------------------- */

struct errands *errands_new(const char *site)
{
    struct errands *errands = ALLOC(struct errands);

    errands->site = realpath(site, NULL);
    return errands;
}

/* The journal is closed behind this: nobody may read in it then. */
void errands_stop(void *arg)
{
    struct errands *errands = arg;

    if (errands->reading) {
        uv_sem_wait(&errands->reading->looked);
        errands->reading->errands = NULL;
    }
    if (errands->writing)
        errands->writing->errands = NULL;
}

void errands_free(struct errands *errands)
{
    free(errands->site);
    free(errands);
}
