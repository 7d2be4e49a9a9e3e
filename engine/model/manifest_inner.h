#ifndef RIPOSTE_MODEL_MANIFEST_INNER_H
#define RIPOSTE_MODEL_MANIFEST_INNER_H

/* Shared by manifest.c (plugin and actions) and manifest_param.c (what an
 * action holds). */

#include "model/catalogue.h"
#include "model/xml.h"

extern const char manifest_namespace[];

/* Reads the parameters below an Action, in the command line's order. */
void manifest_params(const struct xml_report *report,
                     const struct xml_node *node, struct action *action);

/* The attribute without blanks at its ends, or NULL where it is absent or
 * blank. The result belongs to the caller. */
char *manifest_attr(const struct xml_node *node, const char *name);

/* A whole number, all of the text. */
bool manifest_number(const char *text, long *value);

#endif
