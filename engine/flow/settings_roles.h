#ifndef RIPOSTE_FLOW_SETTINGS_ROLES_H
#define RIPOSTE_FLOW_SETTINGS_ROLES_H

#include "model/json.h"

#include <stdint.h>

/*
 * Who may have what done by an engine that is at work: roles, and who has
 * them. The user that it runs as, and root, have all of them.
 */
enum role {
    ROLE_VIEWER = 1,   /* sees everything */
    ROLE_OPERATOR = 2, /* and acts */
    ROLE_APPROVER = 4, /* and decides what waits for a person */
    ROLE_ADMIN = 8,    /* and all else */
};
enum { ROLES = 4 };
struct role_name {
    const char *name;
    enum role role;
};
extern const struct role_name role_names[ROLES];

enum { ROLES_PEOPLE_MAX = 1000 }; /* looked through for each request */

/* One entry of riposte.lua's `roles`. */
struct role_person {
    enum role role;
    char *name; /* owned: of a user or (group) a group; NULL: a uid */
    bool group;
    int64_t uid;
};
struct roles {
    struct role_person *people; /* owned */
    size_t len, cap;
};

/* roles = { operator = { "alice", 1001, "@soc" } } */
int roles_take(struct roles *roles, const struct json *value,
               struct error *error);
void roles_free(struct roles *roles);

/* The roles of that user as a sum; 0: none. */
unsigned roles_of(const struct roles *roles, int64_t uid, int64_t gid);

#endif
