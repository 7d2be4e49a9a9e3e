#include "flow/decide.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* ---- the approval ------------------------------------------------------- */

static int still_open(const struct journal_approval *row, int64_t now,
                      struct error *error)
{
    long long number = row->approval;

    if (strcmp(row->state, JOURNAL_OPEN) != 0)
        return error_set(error, ERROR_INVALID,
                         "a%lld is decided already: it is %s", number,
                         row->state);
    if (row->outcome)
        return error_set(error, ERROR_INVALID,
                         "r%lld, which asked a%lld, has ended: %s",
                         (long long)row->run, number, row->outcome);
    if (now >= row->expires)
        return error_set(error, ERROR_INVALID,
                         "a%lld expired: nobody answered in time, which is a "
                         "no",
                         number);
    return 0;
}

static bool read_level(const struct json *item, struct guards_level *level)
{
    const struct json *group = json_member(item, "group");
    const struct json *quorum = json_member(item, "quorum");

    if (!quorum || quorum->type != JSON_INT)
        return false;
    level->quorum = (unsigned)quorum->as.integer;
    if (group && group->type == JSON_TEXT)
        level->group = str_copy(group->as.text);
    return true;
}

static int read_levels(struct deciding *deciding, struct str text,
                       struct error *error)
{
    struct json_doc *doc = json_parse(text, "journal", 0, error);
    const struct json *list = doc ? json_root(doc) : NULL;
    bool well = list && list->type == JSON_ARRAY && list->as.list.len;

    for (size_t i = 0; well && i < list->as.list.len; i++) {
        if (!deciding->levels)
            deciding->levels =
                alloc_zeroed(list->as.list.len, sizeof *deciding->levels);
        well = read_level(&list->as.list.items[i],
                          &deciding->levels[deciding->nlevels++]);
    }
    json_free(doc);
    return well ? 0
                : error_set(error, ERROR_SYSTEM,
                            "the levels of an approval cannot be read");
}

int deciding_begin(struct deciding *deciding,
                   const struct journal_approval *row, int64_t now,
                   struct error *error)
{
    int err = still_open(row, now, error);

    *deciding = (struct deciding){.requester = alloc_text(row->requester)};
    return err ? err : read_levels(deciding, row->levels, error);
}

void deciding_add(struct deciding *deciding, const struct journal_decision *row)
{
    words_add(&deciding->people, row->person);
    if (!row->yes || row->level != deciding->level)
        return;
    if (++deciding->yes < deciding->levels[deciding->level].quorum)
        return;
    deciding->yes = 0;
    deciding->level++;
}

void deciding_clear(struct deciding *deciding)
{
    for (size_t i = 0; i < deciding->nlevels; i++)
        free(deciding->levels[i].group);
    free(deciding->levels);
    free(deciding->requester);
    words_free(&deciding->people);
    *deciding = (struct deciding){0};
}

/* ---- a person ----------------------------------------------------------- */

static bool has_decided(const struct deciding *deciding,
                        const struct person *person)
{
    for (size_t i = 0; i < deciding->people.len; i++)
        if (!strcmp(deciding->people.items[i], person->id))
            return true;
    return false;
}

int deciding_may(const struct deciding *deciding, const struct guards *guards,
                 const struct person *person, struct error *error)
{
    const char *group = deciding->levels[deciding->level].group;

    if (deciding->requester && !strcmp(deciding->requester, person->id))
        return error_set(error, ERROR_INVALID,
                         "%s asked for it: somebody else has to decide",
                         person->name);
    if (has_decided(deciding, person))
        return error_set(error, ERROR_INVALID,
                         "%s has decided already: nobody counts twice",
                         person->name);
    if (group && guards_group(guards, group, error))
        return ERROR_INVALID;
    if ((group || guards_has_people(guards)) &&
        !guards_member(guards, group, person->name, person->uid))
        return error_set(error, ERROR_INVALID,
                         "%s is not among %s%s of guards.lua, who decide now",
                         person->name, group ? "the " : "the people",
                         group ? group : "");
    return 0;
}

const char *deciding_state(const struct deciding *deciding, bool yes)
{
    size_t last = deciding->nlevels - 1;

    if (!yes)
        return JOURNAL_DENIED;
    return deciding->level == last &&
                   deciding->yes + 1 >= deciding->levels[last].quorum
               ? JOURNAL_APPROVED
               : JOURNAL_OPEN;
}
