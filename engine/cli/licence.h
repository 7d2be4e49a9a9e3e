#ifndef RIPOSTE_CLI_LICENCE_H
#define RIPOSTE_CLI_LICENCE_H

#include "cli/command.h"

/* A plugin's licence: license.rtf, licence.txt, LICENSE and their like at the
 * top of its payload. It is shown, and accepted once: the state folder keeps
 * the digests of those that were.
 *
 * Returns 0 where there is none or it is accepted: earlier, by
 * --accept-license, or now, on a terminal. Otherwise ERROR_INVALID, and the
 * error says what to do. */
int licence_accept(const struct args *args, const char *payload,
                   const char *state, struct error *error);

#endif
