#ifndef RIPOSTE_MODEL_OVERLAY_INNER_H
#define RIPOSTE_MODEL_OVERLAY_INNER_H

/* Shared by overlay.c (elements, and what must fit together) and
 * overlay_attrs.c (the attributes, one by one). */

#include "model/catalogue.h"
#include "model/xml.h"

/* What is being laid over what. */
struct laying {
    struct xml_report report;
    const struct xml_node *node; /* the element being read */
    struct plugin *plugin;
    struct action *action;
    struct param *param;
};

/* Set what the attributes of laying->node say of its action or parameter,
 * and report what is wrong with them. */
void overlay_action_attrs(struct laying *laying);
void overlay_param_attrs(struct laying *laying);

#endif
