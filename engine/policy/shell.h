#ifndef RIPOSTE_POLICY_SHELL_H
#define RIPOSTE_POLICY_SHELL_H

#include "policy/policy.h"

/*
 * riposte-lua: a Lua interpreter with the host inside, for specs
 * (`busted --lua=build/riposte-lua`). It takes `-e CHUNK`, a script and its
 * arguments as lua(1) does, has all of Lua's libraries, the modules of
 * lua/riposte/, and `riposte.host`: policies loaded and run exactly as the
 * engine does, with answers given by the spec.
 */
struct shell_site {
    /* Loads the site in that folder; NULL and problems where it cannot. What
     * it gives lives until close. */
    const struct policy_world *(*open)(const char *folder,
                                       struct problems *problems, void **site);
    void (*close)(void *site);
};

int shell_main(int argc, char **argv, const struct shell_site *site);

#endif
