#include "cli/commands.h"
#include "cli/print.h"

static const char version[] = "0.1.0";

static int run(const struct args *args)
{
    struct buf buf = {0};

    if (args->json) {
        struct json_out out = print_begin(&buf, "version");

        json_text(&out, "version", version);
        print_end(&out);
    } else {
        buf_printf(&buf, "riposte %s\n", version);
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
