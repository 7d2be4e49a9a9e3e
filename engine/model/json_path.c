#include "model/json.h"

#include <string.h>

/* A path being followed: what to call for each value that it reaches. */
struct walk {
    bool any; /* `[]` is allowed */
    bool (*each)(void *arg, const struct json *value);
    void *arg;
};

static bool follow(const struct walk *walk, const struct json *at,
                   struct str path);

static struct str rest(struct str path, size_t from)
{
    return (struct str){path.data + from, path.len - from};
}

/* Behind a step: the end, another bracket, or a dot and more. */
static bool go_on(const struct walk *walk, const struct json *at,
                  struct str path)
{
    if (path.len && path.data[0] == '.')
        return path.len == 1 || follow(walk, at, rest(path, 1));
    if (path.len && path.data[0] != '[')
        return true;
    return path.len ? follow(walk, at, path) : walk->each(walk->arg, at);
}

/* The n of `[n]`, 0 for `[]`, -1 where it is neither; *len: of the step. */
static int64_t index_of(struct str path, size_t *len)
{
    int64_t n = 0;
    size_t i = 1;

    for (; i < path.len && path.data[i] >= '0' && path.data[i] <= '9'; i++) {
        n = n * 10 + (path.data[i] - '0');
        if (n > JSON_MEMBERS_MAX)
            return -1;
    }
    if (i == path.len || path.data[i] != ']' || (i > 1 && n == 0))
        return -1;
    *len = i + 1;
    return n;
}

static bool follow_index(const struct walk *walk, const struct json *at,
                         struct str path)
{
    size_t len;
    int64_t n = index_of(path, &len);

    if (at->type != JSON_ARRAY || n < 0)
        return true;
    if (n > 0)
        return (size_t)n > at->as.list.len ||
               go_on(walk, &at->as.list.items[n - 1], rest(path, len));
    if (!walk->any)
        return true;
    for (size_t i = 0; i < at->as.list.len; i++)
        if (!go_on(walk, &at->as.list.items[i], rest(path, len)))
            return false;
    return true;
}

/* Returns false once each() has had enough. */
static bool follow(const struct walk *walk, const struct json *at,
                   struct str path)
{
    const struct json *literal = json_get(at, path);
    size_t len = 0;

    if (literal)
        return walk->each(walk->arg, literal);
    if (path.len && path.data[0] == '[')
        return follow_index(walk, at, path);
    while (len < path.len && path.data[len] != '.' && path.data[len] != '[')
        len++;
    if (len == path.len)
        return true;
    literal = json_get(at, (struct str){path.data, len});
    return !literal || go_on(walk, literal, rest(path, len));
}

static bool first(void *arg, const struct json *value)
{
    *(const struct json **)arg = value;
    return false;
}

const struct json *json_path(const struct json *root, struct str path)
{
    const struct json *found = NULL;
    const struct walk walk = {.any = false, .each = first, .arg = &found};

    if (root)
        follow(&walk, root, path);
    return found;
}

void json_each(const struct json *root, struct str path,
               bool (*each)(void *arg, const struct json *value), void *arg)
{
    const struct walk walk = {.any = true, .each = each, .arg = arg};

    if (root)
        follow(&walk, root, path);
}
