#ifndef RIPOSTE_GATE_TYPE_H
#define RIPOSTE_GATE_TYPE_H

#include "model/catalogue.h"

/*
 * The types of values: for each a pure function over the whole value. A typed
 * value (all but text and untyped) holds no control character and no blank
 * where the tables of test_check.c do not say otherwise.
 */

/* Why the value does not fit, as the end of the sentence "the value …", or
 * NULL where it fits. The value is not empty and holds no NUL. */
const char *type_refuses(const struct param *param, struct str value);

#endif
