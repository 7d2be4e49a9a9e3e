#ifndef RIPOSTE_GATE_JOB_H
#define RIPOSTE_GATE_JOB_H

#include "exec/frame.h"
#include "gate/gate.h"

/*
 * The job of a step, as the executor takes it: the program and its words, the
 * whole environment, folder, input and times. The action is available. key is
 * the step's idempotency key. The caller ends it with job_clear.
 */
void job_fill(struct job *job, const struct gate_ask *ask, const char *step,
              const char *key, const struct argv *argv);

#endif
