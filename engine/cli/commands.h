#ifndef RIPOSTE_CLI_COMMANDS_H
#define RIPOSTE_CLI_COMMANDS_H

#include "cli/command.h"

/* Each stands at the end of the file of its name. */
extern const struct command command_act;
extern const struct command command_approve;
extern const struct command command_audit_export;
extern const struct command command_audit_head;
extern const struct command command_audit_verify;
extern const struct command command_cancel;
extern const struct command command_check;
extern const struct command command_deny;
extern const struct command command_doctor;
extern const struct command command_explain;
extern const struct command command_lease_end;
extern const struct command command_lease_extend;
extern const struct command command_lease_verify;
extern const struct command command_list_add;
extern const struct command command_list_remove;
extern const struct command command_list_show;
extern const struct command command_ls;
extern const struct command command_plugin_check;
extern const struct command command_plugin_import;
extern const struct command command_plugin_new;
extern const struct command command_plugin_pack;
extern const struct command command_plugin_remove;
extern const struct command command_reload;
extern const struct command command_rerun;
extern const struct command command_replay;
extern const struct command command_resolve;
extern const struct command command_run;
extern const struct command command_secret_list;
extern const struct command command_secret_remove;
extern const struct command command_secret_set;
extern const struct command command_serve;
extern const struct command command_show;
extern const struct command command_source_test;
extern const struct command command_version;

#endif
