#ifndef RIPOSTE_GATE_JUDGE_H
#define RIPOSTE_GATE_JUDGE_H

#include "gate/gate.h"

/*
 * Every check of an ask that needs no waiting and counts nothing, and what
 * comes of it: the values with their defaults, the command line, the target
 * (also where it is refused).
 */
struct judged {
    struct values values;
    bool built; /* argv is there */
    struct argv argv;
    char *target; /* owned: canonical, or NULL */
};

/* guards: those in force, or NULL. The rule that refuses, with the reason in
 * error, or NULL. The caller ends judged with judged_clear in either case. */
const char *judge(struct judged *judged, const struct gate_ask *ask,
                  const struct guards *guards, struct error *error);
/* Does never-act refuse it? Part of judge; asked again where an ask waited. */
bool judge_never(const struct judged *judged, const struct gate_ask *ask,
                 const struct guards *guards, struct error *error);
void judged_clear(struct judged *judged);

#endif
