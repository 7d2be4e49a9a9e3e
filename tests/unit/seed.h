#ifndef RIPOSTE_TESTS_SEED_H
#define RIPOSTE_TESTS_SEED_H

#include <stdlib.h>
#include <time.h>

/* The seed of a randomised test: $SEED, to run one again, or a new one. The
 * test prints it. */
static inline unsigned test_seed(void)
{
    const char *given = getenv("SEED");

    return given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
}

#endif
