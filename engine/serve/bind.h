#ifndef RIPOSTE_SERVE_BIND_H
#define RIPOSTE_SERVE_BIND_H

#include "base/error.h"

#include <sys/socket.h>
#include <sys/types.h>

/* Bound sockets, not blocking, at which nobody listens yet; or negative. */

/* With its permissions; see listen.h. */
int bind_unix(const char *path, mode_t mode, struct error *error);
/* type: SOCK_STREAM or SOCK_DGRAM. name: for messages. */
int bind_inet(int type, const struct sockaddr *address, const char *name,
              struct error *error);

#endif
