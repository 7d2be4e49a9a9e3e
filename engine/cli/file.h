#ifndef RIPOSTE_CLI_FILE_H
#define RIPOSTE_CLI_FILE_H

#include "base/buf.h"
#include "base/error.h"

/* Appends a whole file, at most max bytes (ERROR_LIMIT beyond). Devices and
 * pipes are read to their end. */
int file_read(const char *path, size_t max, struct buf *buf,
              struct error *error);

/* The same of stdin, whatever that is; it is called "stdin" in errors. */
int file_read_stdin(size_t max, struct buf *buf, struct error *error);

#endif
