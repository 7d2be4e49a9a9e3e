#ifndef RIPOSTE_EXEC_EXECUTOR_H
#define RIPOSTE_EXEC_EXECUTOR_H

#include <stdbool.h>

/*
 * Starts the engine (argv[0] is its program's path), runs its jobs in slots
 * until it has ended, and returns the exit status of this process: the
 * engine's; 128 and the signal where INT, TERM or HUP ended it; 70 where it
 * crashed. With serve a crashed engine is started again, at most
 * EXECUTOR_RESTARTS times a minute, while what runs goes on and what ended
 * waits. However the engine ends for good, nothing of a job is left.
 */
enum { EXECUTOR_RESTARTS = 5 };

int executor_run(bool serve, char **argv);

#endif
