#include "cli/commands.h"

#define ADDRESS(name, access) &command_##name,
const struct command *const commands[] = {COMMANDS(ADDRESS) NULL};

enum command_access command_access(const struct command *command)
{
#define ACCESS(name, access) access,
    static const enum command_access all[] = {COMMANDS(ACCESS)};

    for (size_t i = 0; commands[i]; i++)
        if (commands[i] == command)
            return all[i];
    return OWN;
}
