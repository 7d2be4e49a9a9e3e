#ifndef RIPOSTE_EXEC_SLOT_H
#define RIPOSTE_EXEC_SLOT_H

/*
 * The life of a slot: a process that runs one job after another, and never
 * two at once. It starts what the frames on the socket say, and answers with
 * results. When the socket closes, it kills what runs, and ends.
 */

enum { SLOT_FD = 3 }; /* where the executor put the slot's socket */

/* Makes this process a slot until it has to end. Returns its exit status: 0
 * where nothing of any job is left below it. */
int slot_run(void);

#endif
