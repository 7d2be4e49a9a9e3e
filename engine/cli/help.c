#include "cli/command.h"

#include <string.h>

/* How wide a text stands on a terminal: its characters, not its bytes. */
static int width(const char *text)
{
    int count = 0;

    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80)
            count++;
    return count;
}

static void put_column(FILE *out, const char *text, int columns)
{
    fprintf(out, "%s%*s", text, columns - width(text), "");
}

static int option_width(const struct option *option)
{
    return width(option->name) + (option->alias ? 4 : 0) +
           (option->value ? 1 + width(option->value) : 0);
}

static void put_option(FILE *out, const struct option *option, int columns)
{
    fputs("  ", out);
    if (option->alias)
        fprintf(out, "%s, ", option->alias);
    fputs(option->name, out);
    if (option->value)
        fprintf(out, " %s", option->value);
    fprintf(out, "%*s%s%s\n", columns - option_width(option) + 2, "",
            option->help, option->repeated ? " (may be repeated)" : "");
}

static int widest(const struct option *options, int least)
{
    for (; options && options->name; options++)
        if (option_width(options) > least)
            least = option_width(options);
    return least;
}

static void put_options(FILE *out, const struct option *options, int columns)
{
    for (; options && options->name; options++)
        put_option(out, options, columns);
}

void help_usage(FILE *out, const struct command *command)
{
    if (command)
        fprintf(out, "Usage: riposte %s [options]%s%s\n", command->name,
                command->arguments[0] ? " " : "", command->arguments);
    else
        fputs("Usage: riposte COMMAND [options] [arguments]\n", out);
}

static const char statuses[] =
    "Exit status:\n"
    "  0    well\n"
    "  1    a run failed or was parked, an action was not Executed, a plugin "
    "is faulty\n"
    "  2    wrong usage, or a site that does not load\n"
    "  3    no plugin, action, policy, source or process of that name\n"
    "  69   another process works on this site\n"
    "  70   the journal or the executor failed\n"
    "  130  interrupted\n";

static const char examples[] =
    "Examples:\n"
    "  riposte check\n"
    "  riposte run --source sshd /var/log/auth.log\n"
    "  riposte act \"Host Firewall\" \"Block address\" -p address=192.0.2.7 "
    "--dry-run\n";

void help_all(FILE *out)
{
    int columns = 0;

    for (size_t i = 0; commands[i]; i++)
        if (width(commands[i]->name) > columns)
            columns = width(commands[i]->name);
    fputs("Riposte runs policies on security alarms, and the policies run "
          "plugin actions.\n\n",
          out);
    help_usage(out, NULL);
    fputs("\nCommands (riposte COMMAND --help says more):\n", out);
    for (size_t i = 0; commands[i]; i++) {
        fputs("  ", out);
        put_column(out, commands[i]->name, columns + 2);
        fprintf(out, "%s\n", commands[i]->summary);
    }
    fputs("\nOptions of every command, in any order; -- ends them:\n", out);
    put_options(out, global_options, widest(global_options, 0));
    fprintf(out, "\n%s\n%s", statuses, examples);
}

void help_command(FILE *out, const struct command *command)
{
    int columns = widest(command->options, widest(global_options, 0));

    help_usage(out, command);
    fprintf(out, "\n%s.\n", command->summary);
    if (command->detail)
        fprintf(out, "\n%s", command->detail);
    fputs("\nOptions:\n", out);
    put_options(out, command->options, columns);
    put_options(out, global_options, columns);
}
