#ifndef RIPOSTE_POLICY_EMBEDDED_H
#define RIPOSTE_POLICY_EMBEDDED_H

#include "base/str.h"

#include <stddef.h>

/*
 * The files of lua/riposte/, built into the program so that what runs is
 * what was built: "riposte/run.lua", "riposte/sources/sshd.lua" …
 */
struct embedded {
    const char *name;
    struct str text;
};
const struct embedded *embedded_at(size_t index); /* NULL behind the last */
const struct embedded *embedded_find(const char *name);

#endif
