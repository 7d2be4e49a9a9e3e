#ifndef RIPOSTE_BASE_ADDR_H
#define RIPOSTE_BASE_ADDR_H

#include "base/str.h"

#include <stdbool.h>

/*
 * An IP address or a range of them (CIDR, RFC 4632 and 4291), held as 128
 * bits: IPv4 as its mapped form ::ffff:a.b.c.d, so that both spellings of one
 * address are one value.
 */
struct addr {
    unsigned char bytes[16];
    unsigned bits; /* 128 for a single address; an IPv4 /n is 96 + n */
};

/* A single address in any usual spelling: dotted decimal (four parts, no
 * leading zeros), RFC 4291 text, brackets or a zone are refused.
 * Returns 0 or ERROR_INVALID. */
int addr_parse(struct str text, struct addr *addr);

/* An address or ADDRESS/BITS; host bits below the prefix are cleared. */
int addr_parse_range(struct str text, struct addr *addr);

bool addr_contains(const struct addr *range, const struct addr *addr);

/* Canonical text (RFC 5952; IPv4 dotted), with /BITS where it is a range. */
enum { ADDR_TEXT = 64 };
void addr_format(const struct addr *addr, char text[ADDR_TEXT]);

#endif
