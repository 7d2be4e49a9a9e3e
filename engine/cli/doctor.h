#ifndef RIPOSTE_CLI_DOCTOR_H
#define RIPOSTE_CLI_DOCTOR_H

#include "flow/set.h"

#include <stdbool.h>

/*
 * `riposte doctor`: a table of checks for each group. A check looks at one
 * thing and says what it found, once or more often. To add one: its function
 * and its line in the table of its file. None starts a program or writes.
 */
enum doctor_result { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAULT, DOCTOR_RESULTS };

struct doctor {
    const char *site; /* as the command line has it */
    /* The site's parts, NULL where not even its settings and manifests can be
     * read; what others may write is in it, too. */
    const struct set *set;
    const struct problems *problems; /* of loading it whole */
    size_t npolicies;                /* where it did load */
    char *state;                     /* owned: the state folder */
    const char *path;                /* where programs are looked for */
    int64_t lanes;

    bool json, colour;
    const char *group; /* of the check that looks */
    const char *shown; /* the last group that has its heading */
    size_t counts[DOCTOR_RESULTS];
};

struct doctor_check {
    const char *group;
    const char *name;
    void (*look)(struct doctor *doctor, const char *name);
};

/* One for each file of checks: its table, its length. */
extern const struct doctor_check doctor_site[], doctor_state[],
    doctor_program[], doctor_system[];
extern const size_t doctor_site_count, doctor_state_count, doctor_program_count,
    doctor_system_count;

/* What a check found, in words. name: of the check, or of what it looked at.
 * advice: what to do. */
void doctor_well(struct doctor *doctor, const char *name, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
void doctor_warn(struct doctor *doctor, const char *name, const char *advice,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
void doctor_fault(struct doctor *doctor, const char *name, const char *advice,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
