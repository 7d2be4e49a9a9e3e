#define PCRE2_CODE_UNIT_WIDTH 8
#include "model/regex.h"

#include "base/alloc.h"

#include <pcre2.h>
#include <stdlib.h>

enum {
    PATTERN_MAX = 4096,    /* bytes; longer ones are generated, not read */
    PARENS_MAX = 50,       /* nested; real patterns stay below ten */
    SUBJECT_MAX = 1 << 20, /* bytes; as long as an alarm may be */
    MATCH_LIMIT = 100000,  /* backtracks: a few ms at worst */
    DEPTH_LIMIT = 250,     /* nested backtracks, without JIT */
    HEAP_LIMIT = 1024,     /* KiB, for the interpreter's frames */
    MESSAGE_MAX = 128,     /* PCRE2's own recommendation is 120 */
};

struct regex {
    pcre2_code *code;            /* owned */
    pcre2_match_data *found;     /* owned; the groups of the last match */
    pcre2_match_context *limits; /* owned */
    const char **names;          /* owned; by group number, in code */
    unsigned groups;
    struct str subject; /* of the last match; its owner is the caller */
    bool matched;
};

static uint32_t options_of(int flags)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C;

    if (!(flags & REGEX_BYTES))
        options |= PCRE2_UTF;
    if (flags & REGEX_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    if (flags & REGEX_NOCASE)
        options |= PCRE2_CASELESS;
    return options;
}

static pcre2_code *compile(struct str pattern, int flags, struct error *error)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    char message[MESSAGE_MAX] = "";
    PCRE2_SIZE at = 0;
    pcre2_code *code;
    int code_of_fault = 0;

    if (!context)
        alloc_bytes(SIZE_MAX); /* ends the process */
    pcre2_set_parens_nest_limit(context, PARENS_MAX);
    code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len,
                         options_of(flags), &code_of_fault, &at, context);
    pcre2_compile_context_free(context);
    if (!code) {
        pcre2_get_error_message(code_of_fault, (PCRE2_UCHAR *)message,
                                sizeof message);
        error_set(error, ERROR_INVALID, "regular expression, byte %zu: %s",
                  (size_t)at, message);
    }
    return code;
}

/* PCRE2's table: entries of one size, each the number (two bytes, big-endian)
 * and the name. */
static void read_names(struct regex *regex)
{
    uint32_t count = 0, size = 0, groups = 0;
    PCRE2_SPTR table = NULL;

    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    regex->groups = groups;
    regex->names = alloc_zeroed(groups + 1, sizeof *regex->names);
    for (uint32_t i = 0; i < count; i++) {
        PCRE2_SPTR entry = table + (size_t)i * size;

        regex->names[entry[0] << 8 | entry[1]] = (const char *)entry + 2;
    }
}

struct regex *regex_compile(struct str pattern, int flags, struct error *error)
{
    struct regex *regex;
    pcre2_code *code;

    if (pattern.len > PATTERN_MAX) {
        error_set(error, ERROR_LIMIT,
                  "regular expression of %zu bytes; at most %d are taken",
                  pattern.len, PATTERN_MAX);
        return NULL;
    }
    code = compile(pattern, flags, error);
    if (!code)
        return NULL;
    /* Where memory may not be both written and run (systemd's
     * MemoryDenyWriteExecute) there is no JIT, and matching is slower. */
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    regex = ALLOC(struct regex);
    regex->code = code;
    regex->found = pcre2_match_data_create_from_pattern(code, NULL);
    regex->limits = pcre2_match_context_create(NULL);
    if (!regex->found || !regex->limits)
        alloc_bytes(SIZE_MAX); /* ends the process */
    pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(regex->limits, HEAP_LIMIT);
    read_names(regex);
    return regex;
}

void regex_free(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_match_context_free(regex->limits);
    pcre2_match_data_free(regex->found);
    pcre2_code_free(regex->code);
    free(regex->names);
    free(regex);
}

static int refuse(int code, const struct regex *regex, struct error *error)
{
    char message[MESSAGE_MAX] = "";

    switch (code) {
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return error_set(error, ERROR_LIMIT,
                         "regular expression too costly for this text");
    case PCRE2_ERROR_NOMEMORY:
        alloc_bytes(SIZE_MAX); /* ends the process */
        break;
    default:
        break;
    }
    pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
    if (code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21)
        return error_set(error, ERROR_INVALID, "not UTF-8 at byte %zu",
                         (size_t)pcre2_get_startchar(regex->found));
    return error_set(error, ERROR_INVALID, "regular expression: %s", message);
}

int regex_match(struct regex *regex, struct str subject, size_t from,
                struct error *error)
{
    int code;

    regex->subject = subject;
    regex->matched = false;
    if (subject.len > SUBJECT_MAX)
        return error_set(error, ERROR_LIMIT,
                         "text of %zu bytes; a regular expression takes %d",
                         subject.len, SUBJECT_MAX);
    if (from > subject.len)
        return 0;
    code =
        pcre2_match(regex->code, (PCRE2_SPTR)(subject.data ? subject.data : ""),
                    subject.len, from, 0, regex->found, regex->limits);
    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    if (code < 0)
        return refuse(code, regex, error);
    regex->matched = true;
    return 1;
}

bool regex_group(const struct regex *regex, unsigned group, struct str *text)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(regex->found);
    PCRE2_SIZE start, end;

    if (!regex->matched || group > regex->groups)
        return false;
    start = ends[2 * (size_t)group];
    end = ends[2 * (size_t)group + 1];
    if (start == PCRE2_UNSET)
        return false;
    /* \K in a lookahead can put the start behind the end. */
    if (start > end)
        start = end;
    *text = (struct str){regex->subject.data + start, end - start};
    return true;
}

unsigned regex_groups(const struct regex *regex)
{
    return regex->groups;
}

const char *regex_group_name(const struct regex *regex, unsigned group)
{
    return group <= regex->groups ? regex->names[group] : NULL;
}

int regex_library(const char **version, struct error *error)
{
    static char text[64]; /* PCRE2 wants 24 */
    uint32_t unicode = 0;

    *version = text;
    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) > (int)sizeof text)
        *version = "unknown";
    else
        pcre2_config(PCRE2_CONFIG_VERSION, text);
    pcre2_config(PCRE2_CONFIG_UNICODE, &unicode);
    if (!unicode)
        return error_set(error, ERROR_SYSTEM, "built without Unicode");
    return 0;
}

int regex_jit(struct error *error)
{
    struct regex *regex;
    uint32_t built = 0;
    int code;

    pcre2_config(PCRE2_CONFIG_JIT, &built);
    if (!built)
        return error_set(error, ERROR_SYSTEM, "PCRE2 was built without it");
    regex = regex_compile(str_of("(a|b)+c"), 0, error);
    if (!regex)
        return error->code;
    code = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    regex_free(regex);
    if (code)
        return error_set(error, ERROR_SYSTEM,
                         "this process may not have memory that is both "
                         "written and run");
    return 0;
}
