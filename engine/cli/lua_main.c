#include "flow/set.h"
#include "policy/shell.h"

/* riposte-lua: specs run in it load a site as the engine does. */

static const struct policy_world *
open_site(const char *folder, struct problems *problems, void **site)
{
    struct set *set = set_load(folder, SET_ALL | SET_ANYONES, problems);

    *site = set;
    return set ? &set->world : NULL;
}

static void close_site(void *site)
{
    set_unref(site);
}

int main(int argc, char **argv)
{
    static const struct shell_site site = {open_site, close_site};

    return shell_main(argc, argv, &site);
}
