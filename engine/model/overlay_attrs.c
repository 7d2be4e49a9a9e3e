#include "model/overlay_inner.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The attributes of an overlay. A new one is a row of one of the tables, a
 * setter, and a row of docs/plugins.md.
 */

enum {
    TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000, /* what runs longer is a service */
    GRACE_MAX_MS = 10 * 60 * 1000,        /* a cancelled action holds its lane
                                             for so long */
    CONCURRENCY_MAX = 64,                 /* the engine's lanes, all together */
    STATUS_MAX = 255,                     /* exit statuses are one byte */
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct attribute {
    const char *name;
    /* Sets what the attribute says, or reports what is wrong with it. */
    void (*set)(struct laying *laying, const char *value);
};

static void wrong(const struct laying *laying, const char *attribute,
                  const char *value, const char *what)
{
    xml_problem(&laying->report, laying->node, XML_ERROR, "%s=\"%s\": %s",
                attribute, value, what);
}

/* The index of value among the names, or -1 and a report. */
static int choice(const struct laying *laying, const char *attribute,
                  const char *value, const char *const *names, int count)
{
    const char *near = str_nearest(value, names, (size_t)count);
    struct buf text = {0};

    for (int i = 0; i < count; i++)
        if (!strcmp(value, names[i]))
            return i;
    buf_add_text(&text, "must be one of");
    for (int i = 0; i < count; i++)
        buf_printf(&text, " %s", names[i]);
    if (near)
        buf_printf(&text, "; did you mean \"%s\"?", near);
    wrong(laying, attribute, value, text.data);
    buf_free(&text);
    return -1;
}

/* A whole number from min to max. */
static bool number(const struct laying *laying, const char *attribute,
                   const char *value, int64_t min, int64_t max, int64_t *result)
{
    char *end;
    char *what;

    errno = 0;
    *result = strtoll(value, &end, 10);
    if (end != value && !*end && !errno && *result >= min && *result <= max)
        return true;
    what = alloc_printf("must be a whole number from %lld to %lld",
                        (long long)min, (long long)max);
    wrong(laying, attribute, value, what);
    free(what);
    return false;
}

static void duration(const struct laying *laying, const char *attribute,
                     const char *value, int64_t max, int64_t *result)
{
    int64_t ms;
    char *what;

    if (clock_duration(str_of(value), &ms) == 0 && ms > 0 && ms <= max) {
        *result = ms;
        return;
    }
    what = alloc_printf("must be a duration such as 500ms, 30s or 5m, at most "
                        "%lldm",
                        (long long)(max / 60000));
    wrong(laying, attribute, value, what);
    free(what);
}

static void boolean(const struct laying *laying, const char *attribute,
                    const char *value, bool *result)
{
    static const char *const names[] = {"false", "true"};
    int found = choice(laying, attribute, value, names, COUNT(names));

    if (found >= 0)
        *result = found;
}

/* The pieces of a list that commas or blanks part; none is empty. */
static struct words pieces(const char *text)
{
    static const char between[] = " ,\t\r\n";
    struct words words = {0};

    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        size_t len = strcspn(text, between);
        char *piece = alloc_copy(text, len);

        words_add(&words, piece);
        free(piece);
        text += len;
    }
    return words;
}

/* --- attributes of an Action --- */

static void set_kind(struct laying *laying, const char *value)
{
    static const char *const names[] = {
        [ACTION_CONTEXT] = "context", [ACTION_REMEDIATION] = "remediation"};
    int kind = choice(laying, "Kind", value, names, COUNT(names));

    if (kind >= 0)
        laying->action->kind = (enum action_kind)kind;
}

static void set_timeout(struct laying *laying, const char *value)
{
    duration(laying, "Timeout", value, TIMEOUT_MAX_MS,
             &laying->action->timeout);
}

static void set_grace(struct laying *laying, const char *value)
{
    duration(laying, "Grace", value, GRACE_MAX_MS, &laying->action->grace);
}

static const struct action *sibling(struct laying *laying,
                                    const char *attribute, const char *value)
{
    struct error error;
    const struct action *other = plugin_action(laying->plugin, value, &error);

    if (!other)
        wrong(laying, attribute, value, error.text);
    else if (other == laying->action)
        wrong(laying, attribute, value, "an action cannot be its own");
    return other;
}

static void set_undo(struct laying *laying, const char *value)
{
    laying->action->undo = sibling(laying, "Undo", value);
}

static void set_verify(struct laying *laying, const char *value)
{
    laying->action->verify = sibling(laying, "Verify", value);
}

static void set_target(struct laying *laying, const char *value)
{
    struct error error;
    const struct param *param = action_param(laying->action, value, &error);

    if (param)
        laying->action->target = (long)action_index(laying->action, param);
    else
        wrong(laying, "Target", value, error.text);
}

static void set_stderr(struct laying *laying, const char *value)
{
    static const char *const names[] = {"warning", "fail"};
    int found = choice(laying, "Stderr", value, names, COUNT(names));

    if (found >= 0)
        laying->action->stderr_fails = found;
}

static void set_success(struct laying *laying, const char *value)
{
    struct action *action = laying->action;
    struct words words = pieces(value);
    int64_t status;

    free(action->success);
    action->success = alloc_zeroed(words.len, sizeof *action->success);
    action->nsuccess = 0;
    for (size_t i = 0; i < words.len; i++)
        if (number(laying, "Success", words.items[i], 0, STATUS_MAX, &status))
            action->success[action->nsuccess++] = (int)status;
    if (!words.len)
        wrong(laying, "Success", value, "lists no exit status");
    words_free(&words);
}

static void set_concurrency(struct laying *laying, const char *value)
{
    int64_t count;

    if (number(laying, "Concurrency", value, 1, CONCURRENCY_MAX, &count))
        laying->action->concurrency = (unsigned)count;
}

static void set_profile(struct laying *laying, const char *value)
{
    free(laying->action->profile);
    laying->action->profile = alloc_text(value);
    if (!*value)
        wrong(laying, "Profile", value, "must not be empty");
}

static void set_empty(struct laying *laying, const char *value)
{
    static const char *const names[] = {"keep", "omit"};
    int found = choice(laying, "Empty", value, names, COUNT(names));

    if (found >= 0)
        laying->action->empty_omitted = found;
}

static const struct attribute action_attributes[] = {
    {"Name", NULL},           {"Kind", set_kind},
    {"Timeout", set_timeout}, {"Grace", set_grace},
    {"Undo", set_undo},       {"Verify", set_verify},
    {"Target", set_target},   {"Stderr", set_stderr},
    {"Success", set_success}, {"Concurrency", set_concurrency},
    {"Profile", set_profile}, {"Empty", set_empty},
};

/* --- attributes of a Parameter --- */

static void set_type(struct laying *laying, const char *value)
{
    /* Being untyped is the lack of a Type. */
    int found = choice(laying, "Type", value, type_names + 1, TYPE_COUNT - 1);

    if (found >= 0)
        laying->param->type = (enum value_type)(found + 1);
}

static void set_required(struct laying *laying, const char *value)
{
    boolean(laying, "Required", value, &laying->param->required);
}

static void set_dash(struct laying *laying, const char *value)
{
    boolean(laying, "Dash", value, &laying->param->dash);
}

static void set_min(struct laying *laying, const char *value)
{
    laying->param->has_min =
        number(laying, "Min", value, INT64_MIN, INT64_MAX, &laying->param->min);
}

static void set_max(struct laying *laying, const char *value)
{
    laying->param->has_max =
        number(laying, "Max", value, INT64_MIN, INT64_MAX, &laying->param->max);
}

static void set_values(struct laying *laying, const char *value)
{
    words_free(&laying->param->values);
    laying->param->values = pieces(value);
    if (!laying->param->values.len)
        wrong(laying, "Values", value, "lists no value");
}

static bool variable_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz_";
    size_t first = strspn(name, letters);
    size_t all = strcspn(name, "=");

    for (size_t i = first; i < all; i++)
        if (!strchr(letters, name[i]) && !(name[i] >= '0' && name[i] <= '9'))
            return false;
    return first && all == strlen(name);
}

/* Variables that the engine sets, and those by which a value would decide
 * what code the program loads. */
static bool reserved(const char *name)
{
    static const char *const names[] = {"PATH", "LANG",     "TMPDIR",
                                        "ENV",  "BASH_ENV", "IFS"};
    static const char *const starts[] = {"RIPOSTE_", "LD_", "LUA_", "PYTHON",
                                         "PERL"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (!strcmp(name, names[i]))
            return true;
    for (size_t i = 0; i < COUNT(starts); i++)
        if (!strncmp(name, starts[i], strlen(starts[i])))
            return true;
    return false;
}

static void set_via(struct laying *laying, const char *value)
{
    struct param *param = laying->param;

    if (!strcmp(value, "stdin")) {
        param->via = VIA_STDIN;
    } else if (strncmp(value, "env:", 4) != 0 || !variable_name(value + 4)) {
        wrong(laying, "Via", value, "must be stdin or env:NAME");
    } else if (reserved(value + 4)) {
        wrong(laying, "Via", value,
              "that variable is reserved; choose another");
    } else {
        free(param->via_name);
        param->via_name = alloc_text(value + 4);
        param->via = VIA_ENV;
    }
}

static void set_secret(struct laying *laying, const char *value)
{
    struct error error;

    if (secret_name_check(str_of(value), &error)) {
        wrong(laying, "Secret", value, error.text);
        return;
    }
    free(laying->param->secret);
    laying->param->secret = alloc_text(value);
}

static const struct attribute param_attributes[] = {
    {"Name", NULL},         {"Type", set_type}, {"Required", set_required},
    {"Dash", set_dash},     {"Min", set_min},   {"Max", set_max},
    {"Values", set_values}, {"Via", set_via},   {"Secret", set_secret},
};

/* --- both --- */

enum { TABLE_MAX = 16 }; /* rows of the longer table, and room */

static void set_attributes(struct laying *laying, const struct attribute *table,
                           size_t count)
{
    const char *names[TABLE_MAX];

    for (size_t i = 0; i < count; i++) {
        const char *value = xml_attr(laying->node, table[i].name);

        names[i] = table[i].name;
        if (value && table[i].set)
            table[i].set(laying, value);
    }
    xml_attrs_known(&laying->report, laying->node, XML_ERROR, names, count);
}

void overlay_action_attrs(struct laying *laying)
{
    set_attributes(laying, action_attributes, COUNT(action_attributes));
}

void overlay_param_attrs(struct laying *laying)
{
    set_attributes(laying, param_attributes, COUNT(param_attributes));
}
