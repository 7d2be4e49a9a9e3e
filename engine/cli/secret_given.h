#ifndef RIPOSTE_CLI_SECRET_GIVEN_H
#define RIPOSTE_CLI_SECRET_GIVEN_H

#include "flow/set.h"
#include "model/step.h"

/* Does the site's own folder have a secret of that name? */
bool secret_held(const struct set *set, const char *name);

/* Sets a parameter from what a person wrote: for one that may be a secret
 * (encrypted, or with Via) "secret:NAME" is the secret of that name, and so is
 * for an encrypted one the bare name of a secret that the site holds; anything
 * else is the text itself. A parameter that can be none gets "secret:NAME" all
 * the same where the site holds that one, so that the gate refuses it. */
int secret_given(const struct set *set, struct request *request, size_t index,
                 const char *text, struct error *error);

#endif
