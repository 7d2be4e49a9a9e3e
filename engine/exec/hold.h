#ifndef RIPOSTE_EXEC_HOLD_H
#define RIPOSTE_EXEC_HOLD_H

/*
 * A site's folder is held by whoever starts actions there: an flock that
 * executor, engine and slots share, and that the kernel gives back when the
 * last of them has ended. So where an executor died and a slot is slow to
 * notice and to end what it runs, nobody begins to judge what became of that
 * meanwhile: what it acts on could look untouched, and be changed afterwards.
 */

/* Holds the folder, for this process and for those that it starts or becomes.
 * Returns 0, ERROR_BUSY (somebody holds it), or ERROR_SYSTEM: it cannot be held
 * (it is not there, or lies where there is no flock). */
int hold_take(const char *folder);

/* The descriptor that keeps the folder held, which is not handed on to what
 * this process executes from now on; -1: there is none. */
int hold_inherited(void);

#endif
