#include "gate/never.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/ranges.h"
#include "base/table.h"
#include "gate/spelling.h"
#include "model/casefold.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY_MAX = 1024 }; /* bytes; a host name has at most 253 */

struct rule {
    struct rule *next; /* of the never's */
    unsigned line;
    char *list;   /* owned, or NULL */
    char *reason; /* owned, or NULL */
    int64_t expires;
};

struct entry {
    struct entry *next;    /* of the never's */
    struct entry *similar; /* filed in the same place, or NULL */
    const struct rule *rule;
    char *text;   /* owned: as it is written */
    char *domain; /* owned: of an account, in lower case; or NULL */
    unsigned line;
    int64_t until;
};

struct never {
    struct rule *rules;    /* owned, the latest first */
    struct entry *entries; /* owned, the latest first */
    struct ranges *ranges; /* to entry */
    struct table *words;   /* hosts, domains, users in lower case, to entry */
    struct table *users;   /* of accounts, the same */
};

struct never *never_new(void)
{
    struct never *never = ALLOC(struct never);

    never->ranges = ranges_new();
    never->words = table_new();
    never->users = table_new();
    return never;
}

void never_free(struct never *never)
{
    if (!never)
        return;
    while (never->entries) {
        struct entry *entry = never->entries;

        never->entries = entry->next;
        free(entry->text);
        free(entry->domain);
        free(entry);
    }
    while (never->rules) {
        struct rule *rule = never->rules;

        never->rules = rule->next;
        free(rule->list);
        free(rule->reason);
        free(rule);
    }
    ranges_free(never->ranges);
    table_free(never->words);
    table_free(never->users);
    free(never);
}

void never_rule(struct never *never, unsigned line, const char *list,
                const char *reason, int64_t expires)
{
    struct rule *rule = ALLOC(struct rule);

    *rule = (struct rule){never->rules, line, alloc_text(list),
                          alloc_text(reason), expires};
    never->rules = rule;
}

void never_seal(struct never *never)
{
    ranges_seal(never->ranges);
}

/* ---- adding ------------------------------------------------------------ */

static char *lower(struct str text)
{
    struct buf folded = {0};

    casefold(text, &folded);
    return buf_take(&folded);
}

static void file_word(struct table *table, struct str key, struct entry *entry)
{
    char *word = lower(key);

    entry->similar = table_get(table, str_of(word));
    table_put(table, str_of(word), entry);
    free(word);
}

struct filing {
    struct never *never;
    struct entry *entry;
    bool filed, odd;
};

/* The range as one prefix, or false. */
static bool prefix_of(const struct name *name, struct addr *range)
{
    unsigned bits = 0, i;

    while (bits < 128 &&
           !((name->first.bytes[bits / 8] ^ name->last.bytes[bits / 8]) >>
                 (7 - bits % 8) &
             1))
        bits++;
    for (i = bits; i < 128; i++)
        if (name->first.bytes[i / 8] >> (7 - i % 8) & 1 ||
            !(name->last.bytes[i / 8] >> (7 - i % 8) & 1))
            return false;
    *range = name->first;
    range->bits = bits;
    return true;
}

/* Only its first reading: an entry is written by whoever knows how. */
static bool file_range(void *arg, const struct name *name)
{
    struct filing *filing = arg;
    struct ranges *ranges = filing->never->ranges;
    struct addr range;

    filing->odd = !prefix_of(name, &range);
    filing->filed = true;
    if (!filing->odd) {
        filing->entry->similar = ranges_get(ranges, &range);
        ranges_put(ranges, &range, filing->entry);
    }
    return true;
}

static bool ends_in_number(struct str text)
{
    size_t digits = 0;

    while (digits < text.len && text.data[text.len - 1 - digits] >= '0' &&
           text.data[text.len - 1 - digits] <= '9')
        digits++;
    return digits &&
           (digits == text.len || text.data[text.len - 1 - digits] == '.');
}

/* What nothing could ever be the same as. */
static const char *unfit(struct str value)
{
    if (!value.len)
        return "is empty";
    if (value.len > ENTRY_MAX)
        return "is over 1024 bytes long";
    if (!str_utf8(value))
        return "is no UTF-8";
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.data[i] <= ' ' || value.data[i] == ',' ||
            value.data[i] == '/')
            return "is neither an address, a range ADDRESS/BITS, a host, a "
                   "user, nor a user's account";
    return ends_in_number(value) ? "looks like an address and is none" : NULL;
}

static void file_name(struct never *never, struct entry *entry,
                      struct str value)
{
    struct str user, domain;

    if (spelling_account(value, &user, &domain)) {
        entry->domain = lower(domain);
        file_word(never->users, user, entry);
        return;
    }
    while (value.len > 1 && value.data[value.len - 1] == '.')
        value.len--;
    file_word(never->words, value, entry);
}

int never_add(struct never *never, struct str value, unsigned line,
              int64_t until, struct error *error)
{
    struct entry *entry = ALLOC(struct entry);
    struct filing filing = {.never = never, .entry = entry};
    const char *reason = NULL;

    entry->rule = never->rules;
    entry->line = line;
    entry->until = until;
    entry->text = str_copy(value);
    entry->next = never->entries;
    never->entries = entry;
    spelling_addresses(value, file_range, &filing);
    if (filing.odd)
        reason = "is no single range; write ADDRESS/BITS for each part";
    else if (!filing.filed)
        reason = unfit(value);
    if (reason)
        return error_set(error, ERROR_INVALID, "\"%.*s\" %s",
                         (int)(value.len < 80 ? value.len : 80), value.data,
                         reason);
    if (!filing.filed)
        file_name(never, entry, value);
    return 0;
}

/* ---- finding ----------------------------------------------------------- */

struct search {
    const struct never *never;
    int64_t now;
    const struct entry *found;
};

static bool in_force(const struct entry *entry, int64_t now)
{
    return (!entry->until || now < entry->until) &&
           (!entry->rule->expires || now < entry->rule->expires);
}

static const void *first_in_force(void *arg, const void *value)
{
    const struct search *search = arg;
    const struct entry *entry = value;

    while (entry && !in_force(entry, search->now))
        entry = entry->similar;
    return entry;
}

static bool find_word(struct search *search, struct str word)
{
    const struct table *words = search->never->words;

    search->found = first_in_force(search, table_get(words, word));
    return search->found != NULL;
}

/* "*.example.com" for "a.b.example.com". The byte before a dot is lent. */
static bool find_below(struct search *search, char *word, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        char before = word[i - 1];
        bool found;

        if (word[i] != '.')
            continue;
        word[i - 1] = '*';
        found = find_word(search, (struct str){word + i - 1, len - i + 1});
        word[i - 1] = before;
        if (found)
            return true;
    }
    return false;
}

static size_t label(const char *name)
{
    return strcspn(name, ".");
}

/* "corp" and "corp.example.com" are one domain: the first is how Windows
 * calls it. */
static bool same_domain(const char *a, const char *b)
{
    if (!strcmp(a, b))
        return true;
    return label(a) == label(b) && !strncmp(a, b, label(a)) &&
           (!a[label(a)] || !b[label(b)]);
}

/* domain: NULL where it is not said. */
static bool find_account(struct search *search, const char *user,
                         const char *domain)
{
    const struct entry *entry = table_get(search->never->users, str_of(user));

    while (entry && (!in_force(entry, search->now) ||
                     (domain && !same_domain(entry->domain, domain))))
        entry = entry->similar;
    search->found = entry;
    return entry != NULL;
}

static bool look_word(struct search *search, const struct name *name)
{
    char *word = lower(name->text);
    bool found = find_word(search, str_of(word)) ||
                 find_below(search, word, strlen(word)) ||
                 (name->user && find_account(search, word, NULL));

    free(word);
    return found;
}

static bool look_account(struct search *search, const struct name *name)
{
    char *user = lower(name->text), *domain = lower(name->domain);
    bool found = find_account(search, user, domain);

    free(user);
    free(domain);
    return found;
}

static bool look(void *arg, const struct name *name)
{
    struct search *search = arg;

    if (name->kind == NAME_WORD)
        return look_word(search, name);
    if (name->kind == NAME_ACCOUNT)
        return look_account(search, name);
    search->found = ranges_across(search->never->ranges, &name->first,
                                  &name->last, first_in_force, search);
    return search->found != NULL;
}

bool never_find(const struct never *never, enum value_type type,
                struct str value, int64_t now, struct never_hit *hit)
{
    struct search search = {.never = never, .now = now};

    if (!spelling_each(type, value, look, &search))
        return false;
    *hit = (struct never_hit){
        .entry = search.found->text,
        .line = search.found->rule->line,
        .list = search.found->rule->list,
        .list_line = search.found->line,
        .reason = search.found->rule->reason,
    };
    return true;
}
