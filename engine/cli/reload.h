#ifndef RIPOSTE_CLI_RELOAD_H
#define RIPOSTE_CLI_RELOAD_H

#include <stdint.h>

/* Tells whoever works on that site to load it anew. Returns its process, or
 * 0: nobody does, or it may not be told (then that was said). */
int64_t reload_tell(const char *site);

#endif
