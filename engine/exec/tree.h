#ifndef RIPOSTE_EXEC_TREE_H
#define RIPOSTE_EXEC_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The processes below this one. It must be a subreaper
 * (PR_SET_CHILD_SUBREAPER), so that an orphan anywhere below becomes its
 * child, and nothing leaves the tree by forking twice or by setsid.
 *
 * To end everything: call tree_reap and tree_signal(SIGKILL) again and again
 * until nothing is left. Once is not enough: what was forked while /proc was
 * being read is seen by the next round only.
 */

/* Whether a child is somebody else's business: neither it nor what is below
 * it is touched. Every child that libuv waits for must be spared by
 * tree_reap. */
struct tree_spares {
    bool (*child)(void *arg, pid_t pid); /* NULL spares none */
    void *arg;
};

/* Signals everything below this process, and continues what is stopped where
 * the signal would otherwise wait for that. Returns how many processes are
 * there still, those included that are dead but not yet waited for; never 0
 * where it could not look. */
size_t tree_signal(int signal, const struct tree_spares *spares);

/* Waits for dead children, without blocking. Stops at the first that is
 * spared, so that the rest may need another call. */
void tree_reap(const struct tree_spares *spares);

/* True where this process has no child, dead or alive. Needs no /proc. */
bool tree_empty(void);

#endif
