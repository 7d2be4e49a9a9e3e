#ifndef RIPOSTE_BASE_SECRET_H
#define RIPOSTE_BASE_SECRET_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Secrets by name. The engine knows names only; what stands behind one is
 * looked up in the process that starts the plugin (exec/).
 */
enum {
    SECRET_NAME_MAX = 64,      /* it is a file's name */
    SECRET_VALUE_MAX = 8192,   /* as any other value of a parameter */
    SECRET_REFERENCES_MAX = 64 /* of one job: more than any plugin's inputs */
};

/* Letters, digits, '.', '_' and '-', not beginning with '.': it is the name
 * of a file, and nothing but a file in that folder. */
bool secret_name_fits(struct str name);
/* The same with the reason. */
int secret_name_check(struct str name, struct error *error);

/* Where a secret goes on its way to the program. */
enum secret_place { SECRET_ARGV = 1, SECRET_ENV, SECRET_STDIN };

struct secret_reference {
    enum secret_place place;
    size_t index; /* of the word, or of the variable (NAME=…); stdin: 0 */
    bool dash;    /* it may begin with '-' */
    char *name;   /* owned */
};

/* For a process that holds secrets, at its start: neither it nor what it
 * starts leaves a core, and no other process of its user looks into its
 * memory. 0, or -1 with errno. */
int secret_close_up(void);

#endif
