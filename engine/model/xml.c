#include "model/xml.h"

#include "base/alloc.h"

#include <libxml/parser.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One document under way. The tree is our own and is built from libxml2's
 * SAX2 events, so each limit holds before the memory is spent. */
struct parse {
    const char *where;
    struct error *error; /* or NULL */
    bool failed;         /* error holds the first thing that was wrong */
    xmlParserCtxtPtr ctxt;
    struct str text;
    size_t at;             /* of the last start tag's '<' in text … */
    unsigned line, column; /* … and its place for people */
    struct xml_node *root;
    struct xml_node *open; /* the innermost open element */
    struct xml_node *last; /* the last closed child of open, or NULL */
    size_t depth, elements;
};

static void node_free(struct xml_node *node)
{
    for (size_t i = 0; i < node->nattrs; i++) {
        free(node->attrs[i].name);
        free(node->attrs[i].value);
    }
    free(node->attrs);
    free(node->name);
    free(node->space);
    free(node);
}

void xml_free(struct xml_node *root)
{
    while (root) {
        struct xml_node *next = root->next;

        xml_free(root->child); /* XML_DEPTH_MAX bounds the recursion */
        node_free(root);
        root = next;
    }
}

bool xml_is(const struct xml_node *node, const char *space, const char *name)
{
    return !strcmp(node->space, space) && !strcmp(node->name, name);
}

const char *xml_attr(const struct xml_node *node, const char *name)
{
    for (size_t i = 0; i < node->nattrs; i++)
        if (!strcmp(node->attrs[i].name, name))
            return node->attrs[i].value;
    return NULL;
}

__attribute__((format(printf, 5, 6))) static void
refuse(struct parse *parse, int code, unsigned line, unsigned column,
       const char *format, ...)
{
    char text[sizeof parse->error->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!parse->failed)
        error_at(parse->error, code, parse->where, line, column, "%s", text);
    parse->failed = true;
}

/* Goes on to a byte of the text, counting lines and columns. */
static void advance(struct parse *parse, size_t to)
{
    for (; parse->at < to; parse->at++) {
        parse->column++;
        if (parse->text.data[parse->at] == '\n') {
            parse->line++;
            parse->column = 1;
        }
    }
}

/* libxml2 reports an element when it stands at the end of its start tag. No
 * '<' can stand inside a tag, so the tag begins at the nearest one. */
static void find_start(struct parse *parse, struct xml_node *node)
{
    size_t at = (size_t)xmlByteConsumed(parse->ctxt);

    while (at > parse->at && parse->text.data[at] != '<')
        at--;
    advance(parse, at);
    node->line = parse->line;
    node->column = parse->column;
}

static char *text_of(const xmlChar *text)
{
    return alloc_text(text ? (const char *)text : "");
}

/* Five pointers an attribute: local name, prefix, namespace, and where its
 * value begins and ends. */
static void copy_attrs(struct xml_node *node, int count, const xmlChar **attrs)
{
    node->attrs = alloc_zeroed((size_t)count, sizeof *node->attrs);
    for (int i = 0; i < count; i++, attrs += 5) {
        struct xml_attr *attr = &node->attrs[node->nattrs++];
        const char *name = (const char *)attrs[0];

        attr->name = attrs[1]
                         ? alloc_printf("%s:%s", (const char *)attrs[1], name)
                         : alloc_text(name);
        attr->value =
            alloc_copy((const char *)attrs[3], (size_t)(attrs[4] - attrs[3]));
    }
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *space, int nspaces, const xmlChar **spaces,
                     int nattrs, int ndefaulted, const xmlChar **attrs)
{
    struct parse *parse = arg;
    struct xml_node *node = ALLOC(struct xml_node);

    (void)prefix;
    (void)nspaces;
    (void)spaces;
    (void)ndefaulted; /* needs a DOCTYPE */
    node->name = text_of(name);
    node->space = text_of(space);
    node->parent = parse->open;
    find_start(parse, node);
    copy_attrs(node, nattrs, attrs);
    if (parse->last)
        parse->last->next = node;
    else if (parse->open)
        parse->open->child = node;
    else
        parse->root = node;
    parse->open = node;
    parse->last = NULL;
    if (++parse->depth > XML_DEPTH_MAX)
        refuse(parse, ERROR_LIMIT, node->line, node->column,
               "elements are nested more than %d deep", XML_DEPTH_MAX);
    if (++parse->elements > XML_ELEMENTS_MAX)
        refuse(parse, ERROR_LIMIT, node->line, node->column,
               "more than %d elements", XML_ELEMENTS_MAX);
    if (parse->failed)
        xmlStopParser(parse->ctxt);
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix,
                   const xmlChar *space)
{
    struct parse *parse = arg;

    (void)name;
    (void)prefix;
    (void)space;
    parse->last = parse->open;
    parse->open = parse->open->parent;
    parse->depth--;
}

static void on_text(void *arg, const xmlChar *text, int len)
{
    struct parse *parse = arg;
    struct str rest =
        str_trim((struct str){.data = (const char *)text, .len = (size_t)len});

    if (rest.len && parse->open)
        parse->open->text = true;
}

/* A DOCTYPE, before its internal subset is read. */
static void on_doctype(void *arg, const xmlChar *name, const xmlChar *public,
                       const xmlChar *system)
{
    struct parse *parse = arg;
    const xmlParserInput *input = parse->ctxt->input;

    (void)name;
    (void)public;
    (void)system;
    refuse(parse, ERROR_INVALID, (unsigned)input->line, (unsigned)input->col,
           "a DOCTYPE is not allowed; delete it");
    xmlStopParser(parse->ctxt);
}

/* libxml2 itself sends no more elements once a document was ill-formed. */
static void on_error(void *arg, xmlErrorPtr wrong)
{
    struct parse *parse = arg;
    struct str text = str_trim(str_of(wrong->message));

    if (wrong->level >= XML_ERR_ERROR)
        refuse(parse, ERROR_INVALID, (unsigned)wrong->line,
               (unsigned)wrong->int2, "ill-formed XML: %.*s", (int)text.len,
               text.data);
}

static void install(struct parse *parse)
{
    xmlSAXHandler *sax = parse->ctxt->sax;

    memset(sax, 0, sizeof *sax);
    sax->initialized = XML_SAX2_MAGIC;
    sax->internalSubset = on_doctype;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = on_text;
    sax->cdataBlock = on_text;
    sax->serror = on_error;
    parse->ctxt->userData = parse;
}

static void run(struct parse *parse)
{
    /* NOENT only spares us "&#38;" for every "&amp;": with no DOCTYPE, and no
     * SAX handler for declarations, the five predefined entities are all. */
    int options = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC;
    xmlDocPtr doc;

    parse->ctxt = xmlNewParserCtxt();
    if (!parse->ctxt)
        abort(); /* out of memory, inside libxml2 */
    install(parse);
    doc = xmlCtxtReadMemory(parse->ctxt, parse->text.data, (int)parse->text.len,
                            NULL, NULL, options);
    xmlFreeDoc(doc); /* without a startDocument handler there is none */
    if (!parse->failed && (!parse->ctxt->wellFormed || !parse->root))
        refuse(parse, ERROR_INVALID, 1, 1, "ill-formed XML");
    xmlFreeParserCtxt(parse->ctxt);
}

/* Refuses for a byte that was found before libxml2 runs. */
static int refuse_at(struct parse *parse, size_t at, int code,
                     const char *reason)
{
    advance(parse, at);
    refuse(parse, code, parse->line, parse->column, "%s", reason);
    return code;
}

/* The index behind the next `mark`, or the end of the text. */
static size_t behind(struct str text, size_t from, const char *mark)
{
    size_t len = strlen(mark);
    const char *found = memmem(text.data + from, text.len - from, mark, len);

    return found ? (size_t)(found - text.data) + len : text.len;
}

/* Goes through one start tag from its '<': the index behind its '>', and how
 * many quoted values it has. */
static size_t through_tag(struct str text, size_t at, size_t *values)
{
    *values = 0;
    while (at < text.len && text.data[at] != '>') {
        char c = text.data[at++];

        if (c == '"' || c == '\'') {
            const char *end = memchr(text.data + at, c, text.len - at);

            at = end ? (size_t)(end - text.data) + 1 : text.len;
            ++*values;
        }
    }
    return at < text.len ? at + 1 : at;
}

/* Counts attributes in one pass, because libxml2 gathers all of an element's
 * and compares each with each before it tells us of any. What is ill-formed
 * here is found again by libxml2. */
static int check_attributes(struct parse *parse)
{
    struct str text = parse->text;
    size_t at = 0, values;

    while (at < text.len) {
        const char *tag = memchr(text.data + at, '<', text.len - at);
        size_t start;

        if (!tag)
            return 0;
        start = (size_t)(tag - text.data);
        if (!strncmp(tag, "<!--", 4)) {
            at = behind(text, start + 4, "-->");
        } else if (!strncmp(tag, "<![CDATA[", 9)) {
            at = behind(text, start + 9, "]]>");
        } else if (!strncmp(tag, "<?", 2)) {
            at = behind(text, start + 2, "?>");
        } else if (!strncmp(tag, "<!", 2)) {
            return 0; /* a DOCTYPE: libxml2 stops there */
        } else {
            at = through_tag(text, start, &values);
            if (values > XML_ATTRIBUTES_MAX)
                return refuse_at(parse, start, ERROR_LIMIT,
                                 "an element has more than 100 attributes");
        }
    }
    return 0;
}

/* Where the first line begins that is not UTF-8. */
static size_t bad_line(struct str text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t next = behind(text, at, "\n");
        struct str line = {.data = text.data + at, .len = next - at};

        if (!str_utf8(line))
            break;
        at = next;
    }
    return at;
}

static int check_bytes(struct parse *parse)
{
    struct str text = parse->text;
    const char *nul = text.len ? memchr(text.data, '\0', text.len) : NULL;

    if (!str_utf8(text))
        return refuse_at(parse, bad_line(text), ERROR_INVALID,
                         "not UTF-8; save the file as UTF-8");
    if (nul)
        return refuse_at(parse, (size_t)(nul - text.data), ERROR_INVALID,
                         "a NUL byte; save the file as UTF-8");
    return 0;
}

struct xml_node *xml_parse(struct str text, const char *where,
                           struct error *error)
{
    struct parse parse = {
        .where = where, .error = error, .line = 1, .column = 1};
    char *copy;

    if (text.len > XML_SIZE_MAX) {
        error_at(error, ERROR_LIMIT, where, 0, 0,
                 "the file is larger than %d KiB", XML_SIZE_MAX / 1024);
        return NULL;
    }
    if (text.len >= 3 && !memcmp(text.data, "\xef\xbb\xbf", 3)) {
        text.data += 3;
        text.len -= 3;
    }
    copy = str_copy(text); /* with a NUL behind it */
    parse.text = (struct str){.data = copy, .len = text.len};
    if (check_bytes(&parse) == 0 && check_attributes(&parse) == 0)
        run(&parse);
    free(copy);
    if (!parse.failed)
        return parse.root;
    xml_free(parse.root);
    return NULL;
}

int xml_library(const char **version, struct error *error)
{
    static char text[32];
    unsigned long number = strtoul(xmlParserVersion, NULL, 10);

    (void)error;
    snprintf(text, sizeof text, "%lu.%lu.%lu", number / 10000,
             number / 100 % 100, number % 100);
    *version = text;
    return 0;
}
