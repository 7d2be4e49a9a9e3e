#ifndef RIPOSTE_FLOW_SETTINGS_INTAKE_H
#define RIPOSTE_FLOW_SETTINGS_INTAKE_H

#include "base/error.h"
#include "model/json.h"

#include <stdbool.h>
#include <sys/socket.h>

/*
 * `intake` of riposte.lua: where the alarms of serve come from.
 */
enum {
    INTAKE_MAX = 64,    /* entries: each socket may have hundreds of
                           connections, a descriptor each */
    INTAKE_MODE = 0660, /* of a UNIX socket: the owner and his group */
};

enum intake_kind {
    INTAKE_FOLLOW,
    INTAKE_UNIX,
    INTAKE_SYSLOG_UDP,
    INTAKE_SYSLOG_TCP,
};
struct intake_entry {
    enum intake_kind kind;
    unsigned line; /* in riposte.lua */
    char *name;    /* owned: what it says, "syslog_udp 127.0.0.1:514" */
    char *path;    /* owned: absolute; NULL: it has an address */
    char *source;  /* owned: a source's name, or "auto" */
    unsigned mode; /* of a UNIX socket */
    struct sockaddr_storage address;
};
struct intake_entries {
    struct intake_entry *items; /* owned */
    size_t len;
};

/* Fills the entries, which are empty. The error's text goes behind the
 * setting's name. site: absolute path of its folder. */
int intake_entries_take(struct intake_entries *entries,
                        const struct json *value, const char *site,
                        struct error *error);
void intake_entries_free(struct intake_entries *entries);
bool intake_entries_same(const struct intake_entries *a,
                         const struct intake_entries *b);

#endif
