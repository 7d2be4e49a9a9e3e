#ifndef RIPOSTE_MODEL_EVENT_H
#define RIPOSTE_MODEL_EVENT_H

#include "base/buf.h"

#include <stdint.h>

/*
 * What people want to be told of. Each is an alarm of the engine's own, so
 * that policies say who is told and how: `on = { RiposteEvent = … }`. The two
 * tables here are the ones of docs/events.md.
 */
enum event_kind { /* the order of event_table */
                  EVENT_APPROVAL_OPENED,
                  EVENT_APPROVAL_EXPIRED,
                  EVENT_BUDGET_OVERFLOW,
                  EVENT_UNKNOWN,
                  EVENT_RUN_FAILED,
                  EVENT_RUN_PARKED,
                  EVENT_UNDO_FAILED,
                  EVENT_LEASE_STUCK,
                  EVENT_DRIFT,
                  EVENT_RESTORE_FAILED,
                  EVENT_SET_REFUSED,
                  EVENT_JOURNAL_FULL,
                  EVENT_JOURNAL_LARGE,
                  EVENT_KINDS
};
extern const char *const event_table[EVENT_KINDS]; /* their names */

/* The source that their alarms have. */
#define EVENT_SOURCE "riposte"
/* The field of an alarm that has the event's name. */
#define EVENT_FIELD "RiposteEvent"

enum {
    EVENT_TEXT_MAX = 1000, /* bytes of one field: enough to decide by, and what
                              an attacker wrote floods no mailbox */
    EVENT_FIELDS = 17
};
extern const char *const event_fields[EVENT_FIELDS]; /* by name */

/* One of them; whatever is NULL or 0 the alarm does not have. Texts may hold
 * anything: they are shortened, and what plays with a terminal is escaped. */
struct event {
    enum event_kind kind;
    const char *text;
    int64_t time; /* ms since 1970 */
    int64_t run;
    unsigned step; /* of the run */
    int64_t approval, lease;
    int64_t attempt;
    int64_t expires;    /* ms since 1970 */
    const char *policy; /* of the run */
    const char *alarm;  /* of the run: its id */
    const char *plugin; /* with action */
    const char *action;
    const char *target;
    const char *rule;
    const char *set; /* its hash */
};

/* The alarm's record, JSON. Two events of one kind about the same thing have
 * different ids, as long as they are not of the same millisecond. */
void event_write(const struct event *event, struct buf *buf);

#endif
