#include "base/addr.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { V4_PREFIX = 96 }; /* bits of ::ffff:0:0 before an IPv4 address */

static const unsigned char mapped[12] = {0, 0, 0, 0, 0,    0,
                                         0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const struct addr *addr)
{
    return addr->bits >= V4_PREFIX &&
           !memcmp(addr->bytes, mapped, sizeof mapped);
}

/* v4: written with dots alone, so that a prefix counts from its own start. */
static int parse(struct str text, struct addr *addr, bool *v4)
{
    char copy[INET6_ADDRSTRLEN];

    if (!text.len || text.len >= sizeof copy ||
        memchr(text.data, '\0', text.len))
        return ERROR_INVALID;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    addr->bits = 128;
    *v4 = !strchr(copy, ':');
    if (!*v4)
        return inet_pton(AF_INET6, copy, addr->bytes) == 1 ? 0 : ERROR_INVALID;
    memcpy(addr->bytes, mapped, sizeof mapped);
    /* glibc's inet_pton wants four decimal parts and no leading zero. */
    return inet_pton(AF_INET, copy, addr->bytes + sizeof mapped) == 1
               ? 0
               : ERROR_INVALID;
}

int addr_parse(struct str text, struct addr *addr)
{
    bool v4;

    return parse(text, addr, &v4);
}

/* 1 to 3 digits without a leading zero, or -1. */
static int parse_bits(struct str text)
{
    int bits = 0;

    if (!text.len || text.len > 3 || (text.len > 1 && text.data[0] == '0'))
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        bits = bits * 10 + (text.data[i] - '0');
    }
    return bits;
}

static void clear_host(struct addr *addr)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned from = i * 8;

        if (from >= addr->bits)
            addr->bytes[i] = 0;
        else if (addr->bits - from < 8)
            addr->bytes[i] &=
                (unsigned char)(0xff << (8 - (addr->bits - from)));
    }
}

int addr_parse_range(struct str text, struct addr *addr)
{
    const char *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
    struct str left = text, right;
    int bits;
    bool v4;

    if (!slash)
        return addr_parse(text, addr);
    left.len = (size_t)(slash - text.data);
    right.data = slash + 1;
    right.len = text.len - left.len - 1;
    bits = parse_bits(right);
    if (parse(left, addr, &v4) || bits < 0 || bits > (v4 ? 32 : 128))
        return ERROR_INVALID;
    addr->bits = (unsigned)bits + (v4 ? V4_PREFIX : 0);
    clear_host(addr);
    return 0;
}

bool addr_contains(const struct addr *range, const struct addr *addr)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    unsigned char mask;

    if (addr->bits < range->bits ||
        memcmp(range->bytes, addr->bytes, whole) != 0)
        return false;
    if (!rest)
        return true;
    mask = (unsigned char)(0xff << (8 - rest));
    return (range->bytes[whole] & mask) == (addr->bytes[whole] & mask);
}

/* RFC 5952 section 4.2: '::' stands for the first of the longest runs of two
 * or more zero groups. Returns its start, or 8 where there is none. */
static unsigned longest_zeros(const unsigned groups[8], unsigned *len)
{
    unsigned start = 8;

    *len = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned run = 0;

        while (i + run < 8 && !groups[i + run])
            run++;
        if (run > *len) {
            start = i;
            *len = run;
        }
        i += run;
    }
    return start;
}

static size_t format_v6(const struct addr *addr, char *text)
{
    unsigned groups[8], start, zeros;
    size_t len = 0;

    for (size_t i = 0; i < 8; i++)
        groups[i] = (unsigned)addr->bytes[2 * i] << 8 | addr->bytes[2 * i + 1];
    start = longest_zeros(groups, &zeros);
    for (unsigned i = 0; i < 8; i++) {
        const char *colon = i && i != start + zeros ? ":" : "";

        if (i == start) {
            len += (size_t)snprintf(text + len, ADDR_TEXT - len, "::");
            i += zeros - 1;
            continue;
        }
        len += (size_t)snprintf(text + len, ADDR_TEXT - len, "%s%x", colon,
                                groups[i]);
    }
    return len;
}

void addr_format(const struct addr *addr, char text[ADDR_TEXT])
{
    const unsigned char *v4 = addr->bytes + sizeof mapped;
    unsigned bits = addr->bits;
    size_t len;

    if (is_v4(addr)) {
        len = (size_t)snprintf(text, ADDR_TEXT, "%u.%u.%u.%u", v4[0], v4[1],
                               v4[2], v4[3]);
        bits -= V4_PREFIX;
    } else {
        len = format_v6(addr, text);
    }
    if (addr->bits < 128)
        snprintf(text + len, ADDR_TEXT - len, "/%u", bits);
}
