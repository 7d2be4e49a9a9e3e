#include "base/log.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"
#include "serve/serve.h"

#include <signal.h>
#include <unistd.h>

/* As the last thing: the signal is heard when the answer is out. */
static void say(struct desk *desk)
{
    if (desk->args->json) {
        struct json_out out = print_begin(&desk->out, "stop");

        json_int(&out, "running",
                 (int64_t)gate_running(engine_gate(serve_engine(desk->serve))));
        print_close(&out);
    } else {
        buf_add_text(&desk->out, "told to stop: it ends once running actions "
                                 "have ended; once more: at once\n");
    }
    kill(getpid(), SIGTERM);
}

static const struct desk_work work = {.of_engine = true, .say = say};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

static int run(const struct args *args)
{
    (void)args;
    log_line("error: no serve works on this site");
    return EXIT_NO_SUCH;
}

const struct command command_stop = {
    .name = "stop",
    .arguments = "",
    .summary = "Have the running serve end, once its actions have ended",
    .detail = "Nothing is read or started any more; what waits goes on at the "
              "next start. Asked a second time it ends\nat once, as after a "
              "crash: nothing is lost, and a remediation that ran becomes "
              "Unknown unless\nits Verify tells.\n",
    .run = run,
    .desk = desk_of,
};
