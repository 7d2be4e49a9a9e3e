#include "cli/choice.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

bool choice_begins(const struct choice *choice, struct str typed)
{
    struct str front = str_of(choice->name);

    if (typed.len > front.len)
        return false;
    front.len = typed.len;
    return str_same_nocase(front, typed);
}

static bool is_whole(const struct choice *choice, struct str typed)
{
    return str_same_nocase(str_of(choice->name), typed);
}

/* The number from 1 that the text is, or 0. */
static size_t number_of(struct str text)
{
    enum { DIGITS_MAX = 6 }; /* more choices than anybody offers */
    size_t number = 0;

    if (!text.len || text.len > DIGITS_MAX)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        number = number * 10 + (size_t)(text.data[i] - '0');
    }
    return number;
}

static size_t nearest(const struct choice *choices, size_t count,
                      struct str answer)
{
    const char **names = alloc_zeroed(count + 1, sizeof *names);
    char *typed = str_copy(answer);
    size_t index = 0;
    const char *near;

    for (size_t i = 0; i < count; i++)
        names[i] = choices[i].name;
    near = str_nearest(typed, names, count);
    while (index < count && names[index] != near)
        index++;
    free(typed);
    free(names);
    return index;
}

/* How many begin with it; *index is the first of them, or one that it is
 * whole, and then there is no other. */
static size_t count_begun(const struct choice *choices, size_t count,
                          struct str typed, size_t *index)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_whole(&choices[i], typed)) {
            *index = i;
            return 1;
        }
        if (choice_begins(&choices[i], typed) && !found++)
            *index = i;
    }
    return found;
}

enum choice_match choice_find(const struct choice *choices, size_t count,
                              struct str answer, size_t *index)
{
    struct str typed = str_trim(answer);
    size_t found = typed.len ? count_begun(choices, count, typed, index) : 0;
    size_t number = number_of(typed);

    if (found)
        return found == 1 ? CHOICE_ONE : CHOICE_MANY;
    if (number >= 1 && number <= count) {
        *index = number - 1;
        return CHOICE_ONE;
    }
    *index = nearest(choices, count, typed);
    return CHOICE_NONE;
}

/* The longest beginning that all names have which begin with what is typed. */
static void add_common(const struct choice *choices, size_t count,
                       struct str typed, size_t first, struct buf *common)
{
    struct str front = str_of(choices[first].name);

    for (size_t i = first + 1; i < count; i++)
        if (choice_begins(&choices[i], typed))
            while (!choice_begins(&choices[i], front))
                front.len--;
    /* Never half a character. */
    while (front.len > typed.len && !str_utf8(front))
        front.len--;
    buf_add_str(common, front);
}

enum choice_match choice_complete(const struct choice *choices, size_t count,
                                  struct str typed, size_t *index,
                                  struct buf *common)
{
    size_t found = count_begun(choices, count, typed, index);

    if (found > 1)
        add_common(choices, count, typed, *index, common);
    return !found ? CHOICE_NONE : found == 1 ? CHOICE_ONE : CHOICE_MANY;
}

struct str choice_text(const struct choice *choice)
{
    if (!choice->text)
        return str_of(choice->name);
    return (struct str){choice->text, choice->len};
}
