#ifndef RIPOSTE_CLI_CHANGES_H
#define RIPOSTE_CLI_CHANGES_H

#include "model/catalogue.h"

#include <stdbool.h>

/* Prints what is different in a plugin's new version: actions and parameters
 * added, removed and changed. Values are never shown: they may be secrets. */
void changes_print(const struct plugin *old, const struct plugin *new,
                   bool json);

#endif
