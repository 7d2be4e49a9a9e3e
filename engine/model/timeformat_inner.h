#ifndef RIPOSTE_MODEL_TIMEFORMAT_INNER_H
#define RIPOSTE_MODEL_TIMEFORMAT_INNER_H

/* Shared by timeformat.c, which compiles, and timeformat_put.c, which gives
 * the text. */

#include "model/timeformat.h"

#include <stdbool.h>

enum { FRACTION_MAX = 7 }; /* digits: .NET counts in 100 ns */

/* One step of the output: a letter so many times, or LITERAL and a text. */
struct piece {
    char letter;
    size_t count;
    char *text; /* owned; of a LITERAL */
};
enum { LITERAL = '\'' };

struct time_format {
    struct zone *zone;    /* owned; NULL: UTC */
    bool utc;             /* a standard format that is in UTC in every zone */
    struct piece *pieces; /* owned */
    size_t len, cap;
};

#endif
