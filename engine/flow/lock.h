#ifndef RIPOSTE_FLOW_LOCK_H
#define RIPOSTE_FLOW_LOCK_H

#include "base/error.h"

#include <stdint.h>

/*
 * state/lock admits one process to a state folder: an flock, which the kernel
 * gives back however the process ends, on a file that holds its pid.
 */

/* Returns a descriptor to be kept open, or ERROR_BUSY (who holds it is in the
 * error) or ERROR_SYSTEM. */
int lock_take(const char *state, struct error *error);
void lock_release(int fd);

/* The pid in the lock; 0: nobody holds it. */
int64_t lock_holder(const char *state);

#endif
