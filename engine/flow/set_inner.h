#ifndef RIPOSTE_FLOW_SET_INNER_H
#define RIPOSTE_FLOW_SET_INNER_H

#include "flow/set.h"

/*
 * The parts of set_build, for set.c alone. Each reads the set's files, fills
 * its part of the set, and adds what is wrong to problems.
 */
void set_build_settings(struct set *set, struct problems *problems);
void set_build_catalogue(struct set *set, struct problems *problems);
void set_build_lists(struct set *set, struct problems *problems);
void set_build_sources(struct set *set, struct problems *problems);
void set_build_policies(struct set *set, struct problems *problems);
/* After the others, whose names it has; policies: they are there, too. */
void set_build_guards(struct set *set, bool policies,
                      struct problems *problems);

/* Does the path name a file FOLDER/NAME SUFFIX, not deeper? Then name is
 * NAME. */
bool set_path_in(const char *path, const char *folder, const char *suffix,
                 struct str *name);
struct str set_file_body(const struct set_file *file);

#endif
