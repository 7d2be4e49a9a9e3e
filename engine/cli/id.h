#ifndef RIPOSTE_CLI_ID_H
#define RIPOSTE_CLI_ID_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Ids as every account has them: run r17, step r17.3, lease l4, approval a9.
 */

/* "l4" where the letter is l. */
bool id_number(const char *text, char letter, int64_t *number);
bool id_step(const char *text, int64_t *run, unsigned *step);

#endif
