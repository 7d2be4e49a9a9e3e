#ifndef RIPOSTE_MODEL_XML_H
#define RIPOSTE_MODEL_XML_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Small XML documents (XML 1.0 with namespaces) as a tree of elements, for
 * manifest.c and overlay.c. Parsed by libxml2, which no other file includes.
 *
 * UTF-8 only, with or without a byte order mark. Every DOCTYPE is refused, so
 * no entity can be declared and none is ever expanded; nothing is fetched.
 */

enum {
    XML_SIZE_MAX = 256 * 1024, /* bytes; the largest real manifest has 6,476 */
    XML_DEPTH_MAX = 32,        /* nested elements; a manifest needs 6 */
    XML_ATTRIBUTES_MAX = 100,  /* of one element, xmlns among them; libxml2
                                  compares each with each: 50,000 cost 4 s */
    XML_ELEMENTS_MAX = 10000,  /* the largest real manifest has 150 */
};

struct xml_attr {
    char *name;  /* owned; with its prefix where it has one */
    char *value; /* owned; blanks as XML's attribute normalisation left them */
};

struct xml_node {
    char *name;      /* owned; without its prefix */
    char *space;     /* owned; the namespace's name, "" where there is none */
    unsigned line;   /* of its '<', from 1 */
    unsigned column; /* of its '<', in bytes, from 1 */
    bool text;       /* holds characters other than blanks, of its own */
    struct xml_attr *attrs; /* owned; without xmlns declarations */
    size_t nattrs;
    struct xml_node *parent; /* NULL for the root */
    struct xml_node *child;  /* owned: the first child element */
    struct xml_node *next;   /* owned: the next sibling element */
};

/* Returns the root element, or NULL and what is wrong, with line and column.
 * The caller frees the root. */
struct xml_node *xml_parse(struct str text, const char *where,
                           struct error *error);
void xml_free(struct xml_node *root); /* NULL is fine */

/* libxml2's version. Returns 0. */
int xml_library(const char **version, struct error *error);

bool xml_is(const struct xml_node *node, const char *space, const char *name);

/* The value of an attribute, or NULL. It lives as long as the node. */
const char *xml_attr(const struct xml_node *node, const char *name);

/* What manifest and overlay have to say about a document. */
struct xml_report {
    const char *where;
    struct problems *problems;
};
enum xml_weight { XML_ERROR = 0, XML_WARNING = 1 };

void xml_problem(const struct xml_report *report, const struct xml_node *node,
                 enum xml_weight weight, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Reports an element that is not known here, and the nearest known name. */
void xml_unknown(const struct xml_report *report, const struct xml_node *node,
                 enum xml_weight weight, const char *const *known,
                 size_t count);

/* Reports each attribute that is not among the known, likewise. */
void xml_attrs_known(const struct xml_report *report,
                     const struct xml_node *node, enum xml_weight weight,
                     const char *const *known, size_t count);

#endif
