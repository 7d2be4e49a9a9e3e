#ifndef RIPOSTE_CLI_COMMANDS_H
#define RIPOSTE_CLI_COMMANDS_H

#include "cli/command.h"
#include "flow/settings_roles.h"

/* Who may have it done by an engine that is at work, on its control socket. */
enum command_access {
    OWN = 0, /* nobody: it is done by the command's own process */
    VIEW = ROLE_VIEWER | ROLE_OPERATOR | ROLE_APPROVER | ROLE_ADMIN,
    OPERATE = ROLE_OPERATOR | ROLE_ADMIN,
    APPROVE = ROLE_APPROVER | ROLE_ADMIN,
    ADMIN = ROLE_ADMIN,
};

/* Every command, in the order in which a newcomer needs them. Each stands at
 * the end of the file of its name; docs/control.md has the same table. */
/* clang-format off */
#define COMMANDS(X) \
    X(run, OWN) \
    X(serve, OWN) \
    X(status, VIEW) \
    X(pause, OPERATE) \
    X(resume, OPERATE) \
    X(reload, ADMIN) \
    X(stop, ADMIN) \
    X(act, OWN) \
    X(cancel, OPERATE) \
    X(resolve, OPERATE) \
    X(lease_extend, OPERATE) \
    X(lease_end, OPERATE) \
    X(lease_verify, OPERATE) \
    X(approve, APPROVE) \
    X(deny, APPROVE) \
    X(rerun, OWN) \
    X(replay, OWN) \
    X(check, OWN) \
    X(doctor, OWN) \
    X(plugin_check, OWN) \
    X(plugin_import, OWN) \
    X(plugin_pack, OWN) \
    X(plugin_remove, OWN) \
    X(plugin_new, OWN) \
    X(source_test, OWN) \
    X(secret_set, OWN) \
    X(secret_list, OWN) \
    X(secret_remove, OWN) \
    X(list_add, OWN) \
    X(list_remove, OWN) \
    X(list_show, OWN) \
    X(explain, VIEW) \
    X(ls, VIEW) \
    X(show, VIEW) \
    X(audit_verify, OWN) \
    X(audit_head, OWN) \
    X(audit_export, OWN) \
    X(version, OWN)
/* clang-format on */

#define COMMANDS_DECLARE(name, access)                                         \
    extern const struct command command_##name;
COMMANDS(COMMANDS_DECLARE)
#undef COMMANDS_DECLARE

enum command_access command_access(const struct command *command);

#endif
