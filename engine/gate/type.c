#include "gate/type.h"

#include "base/addr.h"

#include <string.h>

enum {
    HOST_MAX = 253,         /* RFC 1035 section 2.3.4, without trailing dot */
    LABEL_MAX = 63,         /* the same */
    USER_MAX = 256,         /* Windows: 256 with its domain; POSIX: 32 */
    EMAIL_MAX = 254,        /* RFC 5321 section 4.5.3.1.3, without brackets */
    EMAIL_LOCAL_MAX = 64,   /* RFC 5321 section 4.5.3.1.1 */
    PATH_LENGTH_MAX = 4096, /* Linux' PATH_MAX; Windows' is shorter */
};

/* The ASCII classes of ctype.h, whatever the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_alpha(c);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool all(struct str value, bool (*is)(char c))
{
    for (size_t i = 0; i < value.len; i++)
        if (!is(value.data[i]))
            return false;
    return value.len > 0;
}

static bool any_of(struct str value, const char *bytes)
{
    for (size_t i = 0; i < value.len; i++)
        if (strchr(bytes, value.data[i]))
            return true;
    return false;
}

static struct str from(struct str value, size_t start)
{
    return (struct str){value.data + start, value.len - start};
}

static struct str first(struct str value, size_t len)
{
    return (struct str){value.data, len};
}

/* The position of the byte, or len where it is not there. */
static size_t find(struct str value, char byte)
{
    const char *at = value.len ? memchr(value.data, byte, value.len) : NULL;

    return at ? (size_t)(at - value.data) : value.len;
}

/* C0, DEL, and C1 (U+0080 to U+009F, in UTF-8 c2 80 to c2 9f). */
static bool has_control(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        unsigned char next =
            i + 1 < value.len ? (unsigned char)value.data[i + 1] : 0;

        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
            return true;
    }
    return false;
}

/* RFC 1123 section 2.1, and the underscore that Windows names have. */
static bool is_label(struct str label)
{
    if (!label.len || label.len > LABEL_MAX || label.data[0] == '-' ||
        label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_alnum(label.data[i]) && label.data[i] != '-' &&
            label.data[i] != '_')
            return false;
    return true;
}

/* inet_aton and browsers take "127.1", "2130706433" and "0x7f.1" for
 * addresses: a name that ends in a number is one in four plain parts, or
 * nothing (RFC 1123 section 2.1: the last label of a name is alphabetic). */
static bool ends_in_number(struct str last)
{
    if (last.len >= 2 && last.data[0] == '0' &&
        (last.data[1] == 'x' || last.data[1] == 'X'))
        return last.len == 2 || all(from(last, 2), is_hex);
    return all(last, is_digit);
}

static bool is_host(struct str value)
{
    struct str rest, label;
    struct addr addr;

    if (value.len && value.data[value.len - 1] == '.')
        value.len--;
    if (value.len > HOST_MAX)
        return false;
    for (rest = value;; rest = from(rest, label.len + 1)) {
        label = first(rest, find(rest, '.'));
        if (!is_label(label))
            return false;
        if (label.len == rest.len)
            break;
    }
    return !ends_in_number(label) || !addr_parse(value, &addr);
}

static const char *refuses_ip(const struct param *param, struct str value)
{
    struct addr addr;

    (void)param;
    return addr_parse(value, &addr) ? "is no IP address" : NULL;
}

static const char *refuses_cidr(const struct param *param, struct str value)
{
    struct addr addr;

    (void)param;
    return addr_parse_range(value, &addr)
               ? "is neither an IP address nor a range such as 192.0.2.0/24"
               : NULL;
}

static const char *refuses_host(const struct param *param, struct str value)
{
    (void)param;
    return is_host(value) ? NULL : "is no host name";
}

/* DOMAIN\user and user@domain are user names; what a command line, a path, a
 * list or a passwd line would cut in two is none. */
static const char *refuses_user(const struct param *param, struct str value)
{
    bool dots = false;

    (void)param;
    for (size_t i = 1; i < value.len; i++)
        dots |= value.data[i] == '.' && value.data[i - 1] == '.';
    if (value.len > USER_MAX || dots || !str_utf8(value) ||
        has_control(value) || strchr("-+~", value.data[0]) ||
        any_of(value, " \"/:,;<>|*?&()[]{}`=") || str_is(value, "."))
        return "is no user name";
    return NULL;
}

/* Decimal without plus, blanks or leading zeros, which some programs take
 * for octal. */
static bool parse_int(struct str value, int64_t *number)
{
    size_t sign = value.len && value.data[0] == '-';
    int64_t result = 0;

    if (!all(from(value, sign), is_digit) ||
        (value.data[sign] == '0' && value.len > 1))
        return false;
    for (size_t i = sign; i < value.len; i++) {
        int digit = value.data[i] - '0';

        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_add_overflow(result, sign ? -digit : digit, &result))
            return false;
    }
    *number = result;
    return true;
}

static const char *beyond(const struct param *param, int64_t number,
                          const char *below, const char *above)
{
    if (param->has_min && number < param->min)
        return below;
    if (param->has_max && number > param->max)
        return above;
    return NULL;
}

static const char *refuses_int(const struct param *param, struct str value)
{
    int64_t number;

    if (!parse_int(value, &number))
        return "is no whole number of at most 64 bits";
    return beyond(param, number, "is below the Min of its overlay",
                  "is above the Max of its overlay");
}

static const char *refuses_port(const struct param *param, struct str value)
{
    int64_t number;

    if (!parse_int(value, &number) || number < 1 || number > 65535)
        return "is no port (1 to 65535)";
    return refuses_int(param, value);
}

/* MD5, SHA-1 (RIPEMD-160), SHA-224, SHA-256, SHA-384, SHA-512. */
static const char *refuses_hash(const struct param *param, struct str value)
{
    static const size_t lengths[] = {32, 40, 56, 64, 96, 128};

    (void)param;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        if (value.len == lengths[i] && all(value, is_hex))
            return NULL;
    return "is no hash (32, 40, 56, 64, 96 or 128 hex digits)";
}

static bool is_url_byte(char c)
{
    return c > 0x20 && c < 0x7f && !strchr("\"<>\\`", c);
}

/* The length of "scheme://" where it is one that a plugin may be asked to
 * fetch or block; 0 for javascript:, file: and the rest. */
static size_t scheme_len(struct str value)
{
    static const char *const schemes[] = {"http://", "https://", "ftp://",
                                          "ftps://", "sftp://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct str scheme = str_of(schemes[i]);

        if (value.len >= scheme.len &&
            str_same_nocase(first(value, scheme.len), scheme))
            return scheme.len;
    }
    return 0;
}

/* host, host:port or [IPv6]:port. */
static bool is_authority(struct str value)
{
    size_t end = find(value, ':');
    struct addr addr;
    int64_t port;

    if (value.len && value.data[0] == '[') {
        end = find(value, ']');
        if (end == value.len || !memchr(value.data, ':', end) ||
            addr_parse(first(from(value, 1), end - 1), &addr))
            return false;
        end++;
    } else if (!is_host(first(value, end))) {
        return false;
    }
    if (end == value.len)
        return true;
    return value.data[end] == ':' && parse_int(from(value, end + 1), &port) &&
           port >= 1 && port <= 65535;
}

static const char *refuses_url(const struct param *param, struct str value)
{
    size_t scheme = scheme_len(value), end = 0, at;
    struct str rest = from(value, scheme);

    (void)param;
    if (!scheme || !all(value, is_url_byte))
        return "is no absolute URL (http, https, ftp, ftps, sftp)";
    while (end < rest.len && !strchr("/?#", rest.data[end]))
        end++;
    rest.len = end;
    at = find(rest, '@');
    if (at < rest.len)
        rest = from(rest, at + 1);
    return is_authority(rest) ? NULL : "is a URL without a valid host";
}

static bool is_atom_byte(char c)
{
    return is_alnum(c) || (c && strchr("!#$%&'*+/=?^_`{|}~-.", c));
}

/* The dot-atom form of RFC 5321; quoted local parts and address literals are
 * not seen outside of attacks. */
static const char *refuses_email(const struct param *param, struct str value)
{
    size_t at = find(value, '@');
    struct str local = first(value, at);

    (void)param;
    if (value.len > EMAIL_MAX || at == value.len || at > EMAIL_LOCAL_MAX ||
        !all(local, is_atom_byte) || local.data[0] == '.' ||
        local.data[at - 1] == '.' || memmem(local.data, at, "..", 2) ||
        !is_host(from(value, at + 1)))
        return "is no e-mail address";
    return NULL;
}

/* A relative path stays below the folder it is relative to, and an absolute
 * one says where it leads; both kinds of slashes, since Windows takes both. */
static const char *refuses_path(const struct param *param, struct str value)
{
    size_t start = 0;

    (void)param;
    if (value.len > PATH_LENGTH_MAX || has_control(value))
        return "is no path (too long, or with control characters)";
    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && value.data[i] != '/' && value.data[i] != '\\')
            continue;
        if (i - start == 2 && !memcmp(value.data + start, "..", 2))
            return "is a path with '..' in it";
        start = i + 1;
    }
    return NULL;
}

static const char *refuses_enum(const struct param *param, struct str value)
{
    for (size_t i = 0; i < param->values.len; i++)
        if (str_is(value, param->values.items[i]))
            return NULL;
    return "is none of its Values"; /* check.c says which there are */
}

static const char *refuses_flag(const struct param *param, struct str value)
{
    static const char *const words[] = {"true", "false", "1", "0", "yes", "no"};

    (void)param;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_same_nocase(value, str_of(words[i])))
            return NULL;
    return "is neither true nor false";
}

static const char *refuses_text(const struct param *param, struct str value)
{
    return beyond(param, (int64_t)value.len,
                  "is shorter than the Min of its overlay",
                  "is longer than the Max of its overlay");
}

const char *type_refuses(const struct param *param, struct str value)
{
    static const char *(*const refuses[TYPE_COUNT])(const struct param *,
                                                    struct str) = {
        [TYPE_TEXT] = refuses_text, [TYPE_IP] = refuses_ip,
        [TYPE_CIDR] = refuses_cidr, [TYPE_HOST] = refuses_host,
        [TYPE_USER] = refuses_user, [TYPE_PORT] = refuses_port,
        [TYPE_INT] = refuses_int,   [TYPE_HASH] = refuses_hash,
        [TYPE_URL] = refuses_url,   [TYPE_EMAIL] = refuses_email,
        [TYPE_PATH] = refuses_path, [TYPE_ENUM] = refuses_enum,
        [TYPE_FLAG] = refuses_flag,
    };

    return refuses[param->type] ? refuses[param->type](param, value) : NULL;
}
