#include "place.h"

#include "flow/permissions.h"

static int setup(void **state)
{
    struct place *place = ALLOC(struct place);

    place_make(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    place_remove(*state);
    free(*state);
    return 0;
}

static void mode(const struct place *place, const char *name, mode_t bits)
{
    char *path = alloc_printf("%s/%s", place->path, name);

    assert_int_equal(chmod(path, bits), 0);
    free(path);
}

static void link_to(const struct place *place, const char *target,
                    const char *name)
{
    char *path = alloc_printf("%s/%s", place->path, name);

    assert_int_equal(symlink(target, path), 0);
    free(path);
}

/* A site with something of everything. */
static void furnish(const struct place *place)
{
    place_plugin(place, "echo", "Echo", "Say", "context", "cat\n");
    place_file(place, "plugins/echo/data/.hidden/notes.txt", "x");
    place_file(place, "policies/a.lua",
               "return { name = 'a', on = { AlarmRuleName = 'r' }, "
               "run = function() end }\n");
    place_file(place, "policies/lib/util.lua", "return {}\n");
    place_file(place, "lists/hosts.txt", "one\n");
    place_file(place, "overlays/echo.xml",
               "<Overlay xmlns=\"urn:riposte:overlay:1\"/>\n");
    place_file(place, "riposte.lua", "return { lanes = 4 }\n");
    place_file(place, "state/journal.db", "");
    place_file(place, "state/journal.db-wal", "");
    place_file(place, "state/secrets/key", "s");
    mode(place, "state/secrets/key", 0600);
}

static struct problems load(const struct place *place, int flags)
{
    struct problems problems = {0};

    set_unref(set_load(place->path, flags, &problems));
    return problems;
}

/* Exactly one error, at that place, whose text has that. */
static void refused(const struct place *place, const char *where,
                    const char *text)
{
    struct problems problems = load(place, SET_ALL);

    assert_int_equal(problems.errors, 1);
    assert_true(place_said(&problems, where, text));
    problems_free(&problems);
}

static void sound(const struct place *place)
{
    struct problems problems = load(place, SET_ALL);

    for (size_t i = 0; i < problems.len; i++)
        print_message("# %s: %s\n", problems.items[i].error.where,
                      problems.items[i].error.text);
    assert_int_equal(problems.errors, 0);
    problems_free(&problems);
}

static void what_others_may_write_is_refused(void **state)
{
    static const char *const names[] = {
        "riposte.lua",
        "policies",
        "policies/a.lua",
        "policies/lib",
        "policies/lib/util.lua",
        "lists",
        "lists/hosts.txt",
        "overlays",
        "overlays/echo.xml",
        "plugins",
        "plugins/echo",
        "plugins/echo/actions.xml",
        "plugins/echo/riposte.xml",
        "plugins/echo/run.sh",
        "plugins/echo/data",
        "plugins/echo/data/.hidden",
        "plugins/echo/data/.hidden/notes.txt",
        "state",
        "state/journal.db",
        "state/journal.db-wal",
        "state/secrets",
        "state/secrets/key",
    };
    const struct place *place = *state;

    furnish(place);
    sound(place);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        /* The state folder, which may be elsewhere, is named by its path. */
        const char *where = strstr(names[i], "state") ? "" : names[i];
        char *command = alloc_printf("chmod go-w %s/%s", place->path, names[i]);
        struct problems problems;

        mode(place, names[i], 0720);
        problems = load(place, SET_ALL);
        assert_true(place_said(&problems, where, "its group may write"));
        assert_true(place_said(&problems, where, command));
        problems_free(&problems);
        mode(place, names[i], 0702);
        problems = load(place, SET_ALL);
        assert_true(place_said(&problems, where, "everybody may write"));
        problems_free(&problems);
        mode(place, names[i], 0700);
        sound(place);
        free(command);
    }
}

static void the_site_itself_is_judged(void **state)
{
    const struct place *place = *state;

    assert_int_equal(chmod(place->path, 01777), 0);
    refused(place, place->path, "everybody may write to this folder");
    assert_int_equal(chmod(place->path, 0755), 0);
    sound(place);
}

static void what_is_not_read_is_not_judged(void **state)
{
    const struct place *place = *state;

    furnish(place);
    place_file(place, "policies/notes.txt", "x");
    mode(place, "policies/notes.txt", 0666);
    place_file(place, "plugins/README.md", "x");
    mode(place, "plugins/README.md", 0666);
    sound(place);
}

static void specs_may_load_what_others_may_write(void **state)
{
    const struct place *place = *state;
    struct problems problems;

    furnish(place);
    mode(place, "policies/a.lua", 0666);
    mode(place, "plugins/echo/run.sh", 0777);
    problems = load(place, SET_ALL | SET_ANYONES);
    assert_int_equal(problems.errors, 0);
    problems_free(&problems);
}

static void a_secret_is_nobody_elses_to_read(void **state)
{
    const struct place *place = *state;

    furnish(place);
    mode(place, "state/secrets/key", 0640);
    refused(place, "", "others may read this file of secrets");
    mode(place, "state/secrets/key", 0604);
    refused(place, "", "chmod go= ");
    mode(place, "state/secrets/key", 0400);
    mode(place, "state/secrets", 0711);
    refused(place, "", "this folder of secrets");
}

static bool warned(const struct problems *problems, const char *words)
{
    for (size_t i = 0; i < problems->len; i++)
        if (problems->items[i].warning &&
            strstr(problems->items[i].error.text, words))
            return true;
    return false;
}

/* Nothing is read through it, so that somebody may count on what is not there.
 */
static void a_linked_secret_is_warned_of(void **state)
{
    const struct place *place = *state;
    struct problems problems;

    furnish(place);
    link_to(place, "key", "state/secrets/other");
    problems = load(place, SET_ALL);
    assert_int_equal(problems.errors, 0);
    assert_true(warned(&problems, "because this is a link"));
    problems_free(&problems);
    place_unlink(place, "state/secrets/other");
    place_file(place, "state/secrets/folder/key", "");
    problems = load(place, SET_ALL);
    assert_int_equal(problems.errors, 0);
    assert_true(warned(&problems, "because this is a folder"));
    problems_free(&problems);
}

static void a_linked_file_may_not_be_exchanged_by_others(void **state)
{
    const struct place *place = *state;

    furnish(place);
    place_file(place, "elsewhere/tool.sh", "");
    link_to(place, "../../elsewhere/tool.sh", "plugins/echo/tool.sh");
    sound(place);
    mode(place, "elsewhere", 0777);
    refused(place, "plugins/echo/tool.sh", "everybody may write");
    mode(place, "elsewhere", 0775);
    refused(place, "plugins/echo/tool.sh", "its group");
    mode(place, "elsewhere", 01777);
    sound(place);
}

static void a_link_is_judged_by_what_it_leads_to(void **state)
{
    const struct place *place = *state;

    furnish(place);
    place_file(place, "elsewhere/b.lua",
               "return { name = 'b', on = { AlarmRuleName = 'r' }, "
               "run = function() end }\n");
    link_to(place, "../elsewhere/b.lua", "policies/b.lua");
    link_to(place, "../../elsewhere/b.lua", "plugins/echo/b.lua");
    link_to(place, "nothing", "plugins/echo/broken");
    link_to(place, "data", "plugins/echo/inside");
    sound(place);
    mode(place, "elsewhere/b.lua", 0602);
    mode(place, "policies/a.lua", 0700);
    {
        struct problems problems = load(place, SET_ALL);

        assert_int_equal(problems.errors, 2);
        assert_true(place_said(&problems, "policies/b.lua", "everybody"));
        assert_true(place_said(&problems, "plugins/echo/b.lua", "everybody"));
        problems_free(&problems);
    }
}

static void a_folder_outside_cannot_be_linked_into_a_plugin(void **state)
{
    const struct place *place = *state;

    furnish(place);
    place_file(place, "elsewhere/b.py", "");
    link_to(place, "../../elsewhere", "plugins/echo/lib");
    refused(place, "plugins/echo/lib", "outside the plugin");
}

/* The plugin's folder may be a link: what it leads to is the plugin. */
static void a_plugin_may_be_elsewhere(void **state)
{
    const struct place *place = *state;

    furnish(place);
    place_plugin(place, "../elsewhere", "Other", "Say", "context", "cat\n");
    link_to(place, "../elsewhere", "plugins/other");
    sound(place);
    mode(place, "elsewhere/run.sh", 0770);
    refused(place, "plugins/other/run.sh", "its group");
}

static void another_users_file_is_refused(void **state)
{
    const struct place *place = *state;
    struct stat info = {.st_mode = S_IFREG | 0644, .st_uid = geteuid() + 1};
    struct error error = {0};

    furnish(place);
    assert_int_equal(permissions_check(&info, "/s/f", &error), ERROR_DENIED);
    assert_non_null(strstr(error.text, "neither root nor user"));
    info.st_uid = 0;
    assert_int_equal(permissions_check(&info, "/s/f", &error), 0);
    info.st_uid = geteuid();
    assert_int_equal(permissions_check(&info, "/s/f", &error), 0);
    if (geteuid() == 0) {
        char *path = alloc_printf("%s/policies/a.lua", place->path);

        assert_int_equal(chown(path, 12345, 0), 0);
        refused(place, "policies/a.lua", "belongs to user 12345");
        free(path);
    }
}

static void of_many_the_first_are_named(void **state)
{
    const struct place *place = *state;
    struct problems problems;

    furnish(place);
    for (int i = 0; i < PERMISSIONS_SHOWN_MAX + 1; i++) {
        char *name = alloc_printf("plugins/echo/f%d", i);

        place_file(place, name, "");
        mode(place, name, 0666);
        free(name);
    }
    problems = load(place, SET_ALL);
    assert_int_equal(problems.errors, PERMISSIONS_SHOWN_MAX + 1);
    assert_true(place_said(&problems, "plugins/echo", "1 more"));
    assert_true(place_said(&problems, "plugins/echo", "chmod -R go-w"));
    problems_free(&problems);
    mode(place, "plugins/echo/f0", 0600);
    problems = load(place, SET_ALL);
    assert_int_equal(problems.errors, PERMISSIONS_SHOWN_MAX);
    assert_false(place_said(&problems, "plugins/echo", " more"));
    problems_free(&problems);
}

static void a_payload_has_a_limit(void **state)
{
    const struct place *place = *state;
    struct problems problems = {0};

    /* The folder "x" is the first of its entries. */
    place_file(place, "plugins/big/x/0", "");
    for (int i = 2; i < PERMISSIONS_ENTRIES_MAX; i++) {
        char *path = alloc_printf("%s/plugins/big/x/%d", place->path, i);

        assert_int_equal(symlink("0", path), 0);
        free(path);
    }
    permissions_payload(place->path, "plugins/big", &problems);
    assert_int_equal(problems.errors, 0);
    place_file(place, "plugins/big/y", "");
    permissions_payload(place->path, "plugins/big", &problems);
    assert_int_equal(problems.errors, 1);
    assert_true(place_said(&problems, "plugins/big", "20000 files"));
    problems_free(&problems);
}

static void folders_nest_so_deep(void **state)
{
    const struct place *place = *state;
    struct problems problems = {0};
    struct buf path = {0};

    /* The file counts as one. */
    buf_add_text(&path, "plugins/deep");
    for (int i = 1; i < PERMISSIONS_DEPTH_MAX; i++)
        buf_add_text(&path, "/d");
    buf_add_text(&path, "/f");
    place_file(place, path.data, "");
    permissions_payload(place->path, "plugins/deep", &problems);
    assert_int_equal(problems.errors, 0);
    path.data[path.len - 1] = 'd';
    buf_add_text(&path, "/f");
    place_file(place, path.data, "");
    permissions_payload(place->path, "plugins/deep", &problems);
    assert_int_equal(problems.errors, 1);
    assert_true(place_said(&problems, "plugins/deep/d", "deeper than 32"));
    problems_free(&problems);
    buf_free(&path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_others_may_write_is_refused),
        TEST(the_site_itself_is_judged),
        TEST(what_is_not_read_is_not_judged),
        TEST(specs_may_load_what_others_may_write),
        TEST(a_secret_is_nobody_elses_to_read),
        TEST(a_linked_secret_is_warned_of),
        TEST(a_linked_file_may_not_be_exchanged_by_others),
        TEST(a_link_is_judged_by_what_it_leads_to),
        TEST(a_folder_outside_cannot_be_linked_into_a_plugin),
        TEST(a_plugin_may_be_elsewhere),
        TEST(another_users_file_is_refused),
        TEST(of_many_the_first_are_named),
        TEST(a_payload_has_a_limit),
        TEST(folders_nest_so_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
