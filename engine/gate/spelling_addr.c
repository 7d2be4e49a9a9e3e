#include "gate/spelling.h"

#include "base/error.h"

#include <string.h>

/*
 * Addresses in every spelling that inet_aton, getaddrinfo, iptables, nmap or
 * a URL parser takes.
 */
enum { V4_BITS = 32, V6_BITS = 128, SIZE = 16, V4_AT = 12 };

static struct str from(struct str text, size_t start)
{
    return (struct str){text.data + start, text.len - start};
}

static struct str first(struct str text, size_t len)
{
    return (struct str){text.data, len};
}

static size_t find(struct str text, char byte)
{
    const char *at = text.len ? memchr(text.data, byte, text.len) : NULL;

    return at ? (size_t)(at - text.data) : text.len;
}

static bool tell(struct addr low, struct addr high, spelling_fn each, void *arg)
{
    struct name name = {.kind = NAME_RANGE, .first = low, .last = high};

    return each(arg, &name);
}

static struct addr end_of(struct addr range)
{
    for (unsigned i = range.bits; i < V6_BITS; i++)
        range.bytes[i / 8] |= (unsigned char)(0x80 >> i % 8);
    range.bits = V6_BITS;
    return range;
}

static struct addr v4_addr(uint32_t value)
{
    struct addr addr = {.bytes = {[10] = 0xff, [11] = 0xff}, .bits = V6_BITS};

    for (unsigned i = 0; i < 4; i++)
        addr.bytes[V4_AT + i] = (unsigned char)(value >> (24 - 8 * i));
    return addr;
}

/* ---- IPv4 as numbers --------------------------------------------------- */

enum reading {
    AS_C,       /* 0x: hexadecimal, 0: octal, as inet_aton reads it */
    AS_DECIMAL, /* whatever zeros are before it */
    READINGS
};

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* A number below 2^32. */
static bool number(struct str text, enum reading reading, uint64_t *value)
{
    int base = 10;

    if (text.len > 1 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x') {
        base = 16;
        text = from(text, 2);
        if (!text.len) { /* inet_aton takes "0x" for 0 */
            *value = 0;
            return true;
        }
    } else if (reading == AS_C && text.len > 1 && text.data[0] == '0') {
        base = 8;
    }
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.data[i]);

        if (digit >= base)
            return false;
        *value = *value * (unsigned)base + (unsigned)digit;
        if (*value > UINT32_MAX)
            return false;
    }
    return text.len > 0;
}

/* One to four numbers; the last one fills the bytes that are left, or, where
 * they stand before a '/', zeros do ("10/8"). *parts: how many there were. */
static bool v4(struct str text, enum reading reading, bool zeros,
               uint32_t *value, unsigned *parts)
{
    uint64_t part, sum = 0;
    unsigned count = 0;

    while (text.len && text.data[text.len - 1] == '.')
        text.len--;
    for (;; count++) {
        size_t len = find(text, '.');
        bool last = len == text.len;
        unsigned left = 3 - count;

        if (count == 4 || !number(first(text, len), reading, &part))
            return false;
        if (part >> (last && !zeros ? 8 * (left + 1) : 8))
            return false;
        sum |= part << (last && !zeros ? 0 : 8 * left);
        if (last)
            break;
        text = from(text, len + 1);
    }
    *value = (uint32_t)sum;
    *parts = count + 1;
    return true;
}

/* 255.255.255.0, and what a router calls a wildcard, 0.0.0.255. */
static bool mask_bits(struct str text, unsigned *bits)
{
    uint32_t mask;
    unsigned parts;

    if (!v4(text, AS_C, false, &mask, &parts) || parts < 4)
        return false;
    if (mask && !(mask >> (V4_BITS - 1)))
        mask = ~mask;
    *bits = (unsigned)__builtin_popcount(mask);
    return !*bits || mask == UINT32_MAX << (V4_BITS - *bits);
}

/* How many bits a mask has: 24, 024, 255.255.255.0. */
static bool v4_bits(struct str text, unsigned *bits)
{
    uint64_t value;

    if (!number(text, AS_DECIMAL, &value) || value > V4_BITS)
        return mask_bits(text, bits);
    *bits = (unsigned)value;
    return true;
}

static bool tell_v4(uint32_t value, unsigned bits, spelling_fn each, void *arg)
{
    uint32_t host =
        bits ? (uint32_t)((1ULL << (V4_BITS - bits)) - 1) : UINT32_MAX;

    return tell(v4_addr(value & ~host), v4_addr(value | host), each, arg);
}

static bool tell_numbers(struct str text, spelling_fn each, void *arg)
{
    size_t slash = find(text, '/'), blank = find(text, ' ');
    unsigned bits = V4_BITS, parts;
    bool enough = false;
    uint32_t value;

    if (slash < text.len && !v4_bits(from(text, slash + 1), &bits))
        return false;
    if (blank < text.len && !mask_bits(str_trim(from(text, blank)), &bits))
        return false;
    slash = blank < slash ? blank : slash;
    for (enum reading reading = AS_C; reading < READINGS; reading++) {
        struct str left = first(text, slash);

        if (!enough && v4(left, reading, false, &value, &parts))
            enough = tell_v4(value, bits, each, arg);
        if (!enough && slash < text.len &&
            v4(left, reading, true, &value, &parts) && parts < 4)
            enough = tell_v4(value, bits, each, arg);
    }
    return enough;
}

/* ---- IPv6 -------------------------------------------------------------- */

/* Where an IPv4 address is carried: ::a.b.c.d (RFC 4291), 64:ff9b::a.b.c.d
 * (RFC 6052), 64:ff9b:1::a.b.c.d (RFC 8215), ::ffff:0:a.b.c.d (RFC 2765),
 * …::5efe:a.b.c.d (RFC 5214), 2002:a.b.c.d:: (RFC 3056). Packets for it reach
 * that one. */
static int carries_v4(const struct addr *addr)
{
    static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
    static const unsigned char local[6] = {0, 0x64, 0xff, 0x9b, 0, 1};
    static const unsigned char siit[12] = {[8] = 0xff, [9] = 0xff};
    static const unsigned char zeros[13] = {0};

    if (addr->bytes[0] == 0x20 && addr->bytes[1] == 0x02)
        return 2;
    if (!memcmp(addr->bytes, nat64, sizeof nat64) ||
        !memcmp(addr->bytes, local, sizeof local) ||
        !memcmp(addr->bytes, siit, sizeof siit))
        return V4_AT;
    if (!(addr->bytes[8] & ~2) && !addr->bytes[9] && addr->bytes[10] == 0x5e &&
        addr->bytes[11] == 0xfe)
        return V4_AT;
    /* Not :: and ::1, and what else begins with a zero as IPv4. */
    if (!memcmp(addr->bytes, zeros, V4_AT) &&
        memcmp(addr->bytes, zeros, sizeof zeros) != 0)
        return V4_AT;
    return -1;
}

static bool tell_carried(const struct addr *addr, spelling_fn each, void *arg)
{
    int at = carries_v4(addr);
    unsigned bits;
    uint32_t value = 0;

    if (at < 0 || addr->bits <= 8 * (unsigned)at)
        return false;
    for (int i = 0; i < 4; i++)
        value = value << 8 | addr->bytes[at + i];
    bits = addr->bits - 8 * (unsigned)at;
    return tell_v4(value, bits < V4_BITS ? bits : V4_BITS, each, arg);
}

/* Without brackets, "IPv6:" (RFC 5321) and zone: "[fe80::1%eth0]". */
static struct str bare(struct str text)
{
    static const struct str label = {"IPv6:", 5};
    size_t zone;

    if (text.len > 2 && text.data[0] == '[' && text.data[text.len - 1] == ']')
        text = first(from(text, 1), text.len - 2);
    if (text.len > label.len && str_same_nocase(first(text, label.len), label))
        text = from(text, label.len);
    zone = find(text, '%');
    return zone ? first(text, zone) : text;
}

static bool tell_usual(struct str text, spelling_fn each, void *arg)
{
    struct addr addr;
    struct addr low;

    if (addr_parse_range(text, &addr))
        return false;
    low = addr;
    low.bits = V6_BITS;
    return tell(low, end_of(addr), each, arg) || tell_carried(&addr, each, arg);
}

/* ---- from one to another ----------------------------------------------- */

/* The first reading of one address. */
static bool one(struct str text, struct addr *addr)
{
    uint32_t value;
    unsigned parts;

    if (!addr_parse(bare(text), addr))
        return true;
    if (!v4(text, AS_C, false, &value, &parts) || parts < 4)
        return false;
    *addr = v4_addr(value);
    return true;
}

/* 192.0.2.1-192.0.2.9, 192.0.2.1-9, 2001:db8::1-2001:db8::9 */
static bool tell_between(struct str text, spelling_fn each, void *arg)
{
    size_t dash = find(text, '-');
    struct addr low, high;
    uint64_t last;

    if (dash == text.len || !one(first(text, dash), &low))
        return false;
    if (!one(from(text, dash + 1), &high)) {
        if (!number(from(text, dash + 1), AS_DECIMAL, &last) || last > 255)
            return false;
        high = low;
        high.bytes[SIZE - 1] = (unsigned char)last;
    }
    return memcmp(low.bytes, high.bytes, SIZE) <= 0
               ? tell(low, high, each, arg)
               : tell(high, low, each, arg);
}

/* ---- other ways to write IPv6 ------------------------------------------- */

enum { LONGEST = 64 }; /* of such a spelling without its zone */

/* [2001:db8::]/32 */
static bool tell_bracketed(struct str text, spelling_fn each, void *arg)
{
    size_t end = find(text, ']');
    char plain[LONGEST];
    size_t len = text.len - 2;

    if (text.len < 4 || text.data[0] != '[' || end + 1 >= text.len ||
        text.data[end + 1] != '/' || len > sizeof plain)
        return false;
    memcpy(plain, text.data + 1, end - 1);
    memcpy(plain + end - 1, text.data + end + 1, text.len - end - 1);
    return tell_usual((struct str){plain, len}, each, arg);
}

/* 2001-db8--7s4.ipv6-literal.net, which Windows does not look up. */
static bool tell_literal(struct str text, spelling_fn each, void *arg)
{
    static const struct str suffix = {".ipv6-literal.net", 17};
    char plain[LONGEST];
    size_t len = 0;

    while (text.len && text.data[text.len - 1] == '.')
        text.len--;
    if (text.len <= suffix.len ||
        !str_same_nocase(from(text, text.len - suffix.len), suffix))
        return false;
    text.len -= suffix.len;
    for (; len < text.len && len < sizeof plain; len++) {
        char c = text.data[len];

        if ((c | 0x20) == 's')
            break;
        plain[len] = c == '-' ? ':' : c;
    }
    return tell_usual((struct str){plain, len}, each, arg);
}

bool spelling_addresses(struct str text, spelling_fn each, void *arg)
{
    text = bare(text);
    return tell_usual(text, each, arg) || tell_numbers(text, each, arg) ||
           tell_between(text, each, arg) || spelling_octets(text, each, arg) ||
           tell_bracketed(text, each, arg) || tell_literal(text, each, arg);
}
