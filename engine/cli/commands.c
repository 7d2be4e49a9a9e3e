#include "cli/commands.h"

/* In the order in which a newcomer needs them. */
/* One a line, however many there are. */
/* clang-format off */
const struct command *const commands[] = {
    &command_run,
    &command_serve,
    &command_reload,
    &command_act,
    &command_cancel,
    &command_resolve,
    &command_lease_extend,
    &command_lease_end,
    &command_lease_verify,
    &command_approve,
    &command_deny,
    &command_rerun,
    &command_replay,
    &command_check,
    &command_doctor,
    &command_plugin_check,
    &command_plugin_import,
    &command_plugin_pack,
    &command_plugin_remove,
    &command_plugin_new,
    &command_source_test,
    &command_secret_set,
    &command_secret_list,
    &command_secret_remove,
    &command_list_add,
    &command_list_remove,
    &command_list_show,
    &command_explain,
    &command_ls,
    &command_show,
    &command_audit_verify,
    &command_audit_head,
    &command_audit_export,
    &command_version,
    NULL,
};
/* clang-format on */
