#include "cli/secret.h"

#include "base/alloc.h"
#include "cli/site.h"
#include "policy/lex.h"

#include <stdlib.h>
#include <string.h>

char *secret_folder(const char *site)
{
    struct settings *settings = site_settings(site);
    char *folder = alloc_text(settings->secrets);

    settings_free(settings);
    return folder;
}

static void add(struct secret_uses *uses, struct str name, char *where)
{
    uses->items =
        alloc_grown(uses->items, uses->len, &uses->cap, sizeof *uses->items);
    uses->items[uses->len++] = (struct secret_use){str_copy(name), where};
}

/* The tokens: secret, maybe '(', a string. */
static void find_in_policy(struct secret_uses *uses,
                           const struct set_file *file)
{
    struct lex lex = lex_begin((struct str){file->body, file->len});
    struct lex_token token = lex_next(&lex);

    while (token.kind != LEX_END) {
        bool named = lex_is(&token, "secret");

        token = lex_next(&lex);
        if (named && lex_is(&token, "("))
            token = lex_next(&lex);
        if (named && token.kind == LEX_STRING && secret_name_fits(token.text))
            add(uses, token.text,
                alloc_printf("%s:%u", file->path, token.line));
    }
}

static void find_in_action(struct secret_uses *uses,
                           const struct action *action)
{
    for (size_t i = 0; i < action->nparams; i++)
        if (action->params[i].secret)
            add(uses, str_of(action->params[i].secret),
                alloc_printf("%s / %s / %s", action->plugin->name, action->name,
                             action->params[i].name));
}

static int by_name(const void *a, const void *b)
{
    const struct secret_use *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    return order ? order : strcmp(left->where, right->where);
}

void secret_uses_find(struct secret_uses *uses, const struct set *set)
{
    const struct catalogue *catalogue = &set->catalogue;

    for (size_t i = 0; i < set->files.len; i++)
        if (!strncmp(set->files.items[i].path, "policies/", 9))
            find_in_policy(uses, &set->files.items[i]);
    for (size_t i = 0; i < catalogue->len; i++)
        for (size_t k = 0; k < catalogue->plugins[i]->nactions; k++)
            find_in_action(uses, &catalogue->plugins[i]->actions[k]);
    if (uses->len)
        qsort(uses->items, uses->len, sizeof *uses->items, by_name);
}

void secret_uses_free(struct secret_uses *uses)
{
    for (size_t i = 0; i < uses->len; i++) {
        free(uses->items[i].name);
        free(uses->items[i].where);
    }
    free(uses->items);
    *uses = (struct secret_uses){0};
}
