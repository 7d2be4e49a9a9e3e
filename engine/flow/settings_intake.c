#include "flow/settings_intake.h"

#include "base/addr.h"
#include "base/alloc.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an entry may be, by its key. */
static const char *const kinds[] = {
    [INTAKE_FOLLOW] = "follow",
    [INTAKE_UNIX] = "unix",
    [INTAKE_SYSLOG_UDP] = "syslog_udp",
    [INTAKE_SYSLOG_TCP] = "syslog_tcp",
};
enum { KINDS = sizeof kinds / sizeof *kinds, KEYS = KINDS + 3 };

static int wrong(const struct json *at, struct error *error, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
static int wrong(const struct json *at, struct error *error, const char *format,
                 ...)
{
    char text[sizeof error->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_at(error, ERROR_INVALID, "", at->line, 0, "%s", text);
}

static bool text(const struct json *value)
{
    return value->type == JSON_TEXT && value->as.text.len &&
           !memchr(value->as.text.data, '\0', value->as.text.len);
}

/* ---- keys -------------------------------------------------------------- */

static int unknown(const struct json *item, struct error *error)
{
    static const char *const names[KEYS] = {
        "follow", "unix", "syslog_udp", "syslog_tcp",
        "source", "mode", "insecure"};
    char *key = str_copy(item->key);
    const char *near = str_nearest(key, names, KEYS);

    for (size_t i = 0; i < KEYS; i++)
        if (!strcmp(key, names[i])) {
            free(key);
            return 0;
        }
    wrong(item, error, "knows no \"%s\"%s%s%s", key,
          near ? "; did you mean \"" : "; docs/intake.md lists its keys",
          near ? near : "", near ? "\"?" : "");
    free(key);
    return ERROR_INVALID;
}

/* The one of the kinds that the entry is. */
static const struct json *kind_of(const struct json *value,
                                  enum intake_kind *kind, struct error *error)
{
    const struct json *found = NULL;

    for (size_t i = 0; i < KINDS; i++) {
        const struct json *item = json_member(value, kinds[i]);

        if (item && found) {
            wrong(item, error, "has %s and %s in one entry: write two",
                  kinds[*kind], kinds[i]);
            return NULL;
        }
        if (item) {
            found = item;
            *kind = (enum intake_kind)i;
        }
    }
    if (!found)
        wrong(value, error,
              "has an entry without any of follow, unix, syslog_udp and "
              "syslog_tcp");
    return found;
}

static int take_mode(struct intake_entry *entry, const struct json *value,
                     struct error *error)
{
    unsigned mode = 0;
    struct str digits;

    entry->mode = INTAKE_MODE;
    if (!value)
        return 0;
    if (entry->kind != INTAKE_UNIX)
        return wrong(value, error, "has a mode without a UNIX socket");
    digits = value->type == JSON_TEXT ? value->as.text : (struct str){"", 0};
    for (size_t i = 0; i < digits.len; i++)
        if (digits.data[i] < '0' || digits.data[i] > '7')
            digits.len = 0;
        else
            mode = mode << 3 | (unsigned)(digits.data[i] - '0');
    if (digits.len < 3 || digits.len > 4 || mode > 0666 || mode & 0111)
        return wrong(value, error,
                     "wants a mode in octal digits such as \"0660\": who may "
                     "read and write, nobody may execute a socket");
    entry->mode = mode;
    return 0;
}

/* ---- addresses --------------------------------------------------------- */

static bool loopback(const struct addr *addr)
{
    struct addr four, six;

    addr_parse_range(str_of("127.0.0.0/8"), &four);
    addr_parse(str_of("::1"), &six);
    return addr_contains(&four, addr) || addr_contains(&six, addr);
}

static bool parse_port(struct str digits, in_port_t *port)
{
    unsigned long number = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        number = number * 10 + (unsigned)(digits.data[i] - '0');
        if (number > 65535)
            return false;
    }
    *port = htons((in_port_t)number);
    return number > 0;
}

/* "192.0.2.1:514", "[2001:db8::1]:514". */
static bool parse_address(struct str text_, struct addr *addr, bool *six,
                          in_port_t *port)
{
    const char *colon = memrchr(text_.data, ':', text_.len);
    struct str host, digits;

    if (!colon)
        return false;
    host = (struct str){text_.data, (size_t)(colon - text_.data)};
    digits = (struct str){colon + 1, text_.len - host.len - 1};
    *six = host.len > 2 && host.data[0] == '[';
    if (*six && host.data[host.len - 1] != ']')
        return false;
    if (*six)
        host = (struct str){host.data + 1, host.len - 2};
    return *six == (memchr(host.data, ':', host.len) != NULL) &&
           !addr_parse(host, addr) && parse_port(digits, port);
}

static void set_address(struct intake_entry *entry, const struct addr *addr,
                        bool six, in_port_t port)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&entry->address;
    struct sockaddr_in6 *long_ = (struct sockaddr_in6 *)&entry->address;

    if (six) {
        long_->sin6_family = AF_INET6;
        long_->sin6_port = port;
        memcpy(&long_->sin6_addr, addr->bytes, sizeof addr->bytes);
    } else {
        four->sin_family = AF_INET;
        four->sin_port = port;
        memcpy(&four->sin_addr, addr->bytes + 12, 4);
    }
}

static int take_address(struct intake_entry *entry, const struct json *value,
                        const struct json *insecure, struct error *error)
{
    struct addr addr;
    in_port_t port;
    bool six;

    if (insecure && insecure->type != JSON_BOOL)
        return wrong(insecure, error, "wants insecure = true, or nothing");
    if (!parse_address(value->as.text, &addr, &six, &port))
        return wrong(value, error,
                     "wants an address and a port: \"127.0.0.1:5514\", "
                     "\"[::1]:5514\"");
    if (!loopback(&addr) && !(insecure && insecure->as.boolean))
        return wrong(value, error,
                     "listens at %.*s, which others can reach: syslog has no "
                     "TLS here, so anybody there could send, read and change "
                     "alarms; if that is meant, add insecure = true",
                     (int)value->as.text.len, value->as.text.data);
    set_address(entry, &addr, six, port);
    return 0;
}

static int take_place(struct intake_entry *entry, const struct json *table,
                      const struct json *value, const char *site,
                      struct error *error)
{
    const struct json *insecure = json_member(table, "insecure");
    struct str at = value->as.text;

    if (entry->kind >= INTAKE_SYSLOG_UDP)
        return take_address(entry, value, insecure, error);
    if (insecure)
        return wrong(insecure, error, "has insecure without an address");
    entry->path = at.data[0] == '/'
                      ? str_copy(at)
                      : alloc_printf("%s/%.*s", site, (int)at.len, at.data);
    return 0;
}

/* ---- entries ----------------------------------------------------------- */

static int take_entry(struct intake_entry *entry, const struct json *table,
                      const char *site, struct error *error)
{
    const struct json *value, *source;
    int err = 0;

    if (table->type != JSON_OBJECT)
        return wrong(table, error,
                     "wants entries such as { unix = \"state/alarms.sock\", "
                     "source = \"generic\" }");
    for (size_t i = 0; i < table->as.list.len && !err; i++)
        err = unknown(&table->as.list.items[i], error);
    value = err ? NULL : kind_of(table, &entry->kind, error);
    if (!value)
        return ERROR_INVALID;
    if (!text(value))
        return wrong(value, error, "wants a text for %s", kinds[entry->kind]);
    source = json_member(table, "source");
    if (!source || !text(source))
        return wrong(source ? source : table, error,
                     "wants a source for %s %.*s: the name of one, or "
                     "\"auto\"",
                     kinds[entry->kind], (int)value->as.text.len,
                     value->as.text.data);
    entry->line = table->line;
    entry->source = str_copy(source->as.text);
    entry->name = alloc_printf("%s %.*s", kinds[entry->kind],
                               (int)value->as.text.len, value->as.text.data);
    err = take_mode(entry, json_member(table, "mode"), error);
    return err ? err : take_place(entry, table, value, site, error);
}

/* One socket cannot be listened at twice, and of a file each line would come
 * twice. */
static bool same_place(const struct intake_entry *a,
                       const struct intake_entry *b)
{
    if (!a->path || !b->path)
        return a->path == b->path && a->kind == b->kind &&
               !memcmp(&a->address, &b->address, sizeof a->address);
    return !strcmp(a->path, b->path);
}

int intake_entries_take(struct intake_entries *entries,
                        const struct json *value, const char *site,
                        struct error *error)
{
    int err = 0;

    if (value->type != JSON_ARRAY || value->as.list.len > INTAKE_MAX)
        return wrong(value, error, "wants a list of at most %d entries",
                     INTAKE_MAX);
    entries->items = alloc_zeroed(value->as.list.len, sizeof *entries->items);
    for (size_t i = 0; i < value->as.list.len && !err; i++) {
        const struct json *table = &value->as.list.items[i];
        struct intake_entry *entry = &entries->items[entries->len++];

        err = take_entry(entry, table, site, error);
        for (size_t k = 0; !err && k < i; k++)
            if (same_place(entry, &entries->items[k]))
                err = wrong(table, error, "names %s twice", entry->name);
    }
    return err;
}

void intake_entries_free(struct intake_entries *entries)
{
    for (size_t i = 0; i < entries->len; i++) {
        free(entries->items[i].name);
        free(entries->items[i].path);
        free(entries->items[i].source);
    }
    free(entries->items);
}

bool intake_entries_same(const struct intake_entries *a,
                         const struct intake_entries *b)
{
    if (a->len != b->len)
        return false;
    for (size_t i = 0; i < a->len; i++)
        if (a->items[i].mode != b->items[i].mode ||
            strcmp(a->items[i].name, b->items[i].name) != 0 ||
            strcmp(a->items[i].source, b->items[i].source) != 0)
            return false;
    return true;
}
