#ifndef RIPOSTE_CLI_SITE_H
#define RIPOSTE_CLI_SITE_H

#include "cli/command.h"
#include "flow/set.h"

/* The site of a command line, loaded (flags as for set_load). Where that
 * fails, everything that is wrong was printed, and NULL is returned: the
 * command exits EXIT_USAGE. Warnings are printed where policies are loaded:
 * to ask what a plugin can do is not to ask what is odd about the site. That
 * there are no policies at all is told where they would be run. */
struct set *site_load(const struct args *args, int flags);

/* The settings alone: a site that does not load must not keep others from
 * saying so. Nothing but riposte.lua is read, and what is wrong there is left
 * at its default. The caller ends them with settings_free. */
struct settings *site_settings(const char *site);

/* Says the error and returns the exit status that goes with it. */
int site_error(const struct error *error);
int site_status(const struct error *error); /* the same, without a word */

#endif
