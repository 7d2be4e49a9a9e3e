#ifndef RIPOSTE_BASE_HASH_H
#define RIPOSTE_BASE_HASH_H

#include "base/error.h"
#include "base/str.h"

/* SHA-256 (FIPS 180-4), by OpenSSL's libcrypto. */
enum { HASH_SIZE = 32, HASH_HEX = 2 * HASH_SIZE + 1 };

struct hash; /* a hash under way */

struct hash *hash_new(void);
void hash_add(struct hash *hash, struct str bytes);
/* Adds the length (64 bits, big-endian) before the bytes, so that the parts
 * of a sequence cannot be confused with those of another. */
void hash_add_part(struct hash *hash, struct str bytes);
/* Writes 64 lower-case hex digits and a NUL, and frees the hash. */
void hash_end(struct hash *hash, char hex[HASH_HEX]);

void hash_hex(struct str bytes, char hex[HASH_HEX]); /* all in one */

/* The first half of what the digits say, as bytes: enough that nobody finds two
 * texts with the same. */
enum { HASH_HALF = HASH_SIZE / 2 };
void hash_half(const char hex[HASH_HEX], unsigned char half[HASH_HALF]);

/* libcrypto's version. Returns 0. */
int hash_library(const char **version, struct error *error);

#endif
