#ifndef RIPOSTE_BASE_VERSION_H
#define RIPOSTE_BASE_VERSION_H

/* Of both programs, which belong together. */
#define RIPOSTE_VERSION "0.1.0"

#endif
