#include "base/version.h"
#include "cli/commands.h"
#include "cli/print.h"

static int run(const struct args *args)
{
    struct buf buf = {0};

    if (args->json) {
        struct json_out out = print_begin(&buf, "version");

        json_text(&out, "version", RIPOSTE_VERSION);
        print_end(&out);
    } else {
        buf_add_text(&buf, "riposte " RIPOSTE_VERSION "\n");
        print_out(&buf);
    }
    buf_free(&buf);
    return EXIT_WELL;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "Print the version of this program",
    .run = run,
};
