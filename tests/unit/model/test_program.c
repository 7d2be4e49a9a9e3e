#include "plugin_help.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below a folder of each test's own: a payload, and a bin for $PATH. */
static char *root, *payload, *path;
static struct plugin *plugin;

static char *below(const char *name)
{
    return alloc_printf("%s/%s", root, name);
}

static void add_file(const char *name, mode_t mode)
{
    char *file = below(name);
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    fclose(out);
    assert_int_equal(chmod(file, mode), 0);
    free(file);
}

static void add_folder(const char *name)
{
    char *folder = below(name);

    assert_int_equal(mkdir(folder, 0700), 0);
    free(folder);
}

static int setup(void **state)
{
    (void)state;
    root = alloc_text("/tmp/riposte-program-XXXXXX");
    assert_non_null(mkdtemp(root));
    payload = below("payload");
    path = alloc_printf(":.:relative:%s/none:%s/bin:", root, root);
    add_folder("payload");
    add_folder("bin");
    return 0;
}

static int remove_one(const char *name, const struct stat *info, int type,
                      struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(name);
}

static int teardown(void **state)
{
    (void)state;
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    plugin_free(plugin);
    plugin = NULL;
    free(root);
    free(payload);
    free(path);
    return 0;
}

static const struct action *resolve(const char *command, const char *constant)
{
    char *xml = alloc_printf("<Action Name='A' Command='%s'>"
                             "<ConstantParameter Switch='%s' Order='1'/>"
                             "<StringParameter Name='p' Switch='in.sh'/>"
                             "</Action>",
                             command, constant);

    plugin_free(plugin);
    plugin = plugin_named("P", xml, payload);
    plugin_resolve(plugin, path);
    free(xml);
    return plugin->actions;
}

/* Starts root/program and then these words. */
static void starts(const char *command, const char *constant,
                   const char *program, size_t count)
{
    const struct action *action = resolve(command, constant);
    char *file = below(program);

    if (action->unavailable)
        fail_msg("%s: %s", command, action->unavailable);
    assert_int_equal(action->program.len, 1 + count);
    assert_string_equal(action->program.items[0], file);
    free(file);
}

static void lacks(const char *command, const char *constant, const char *part)
{
    const struct action *action = resolve(command, constant);

    if (!action->unavailable)
        fail_msg("%s is available", command);
    if (!strstr(action->unavailable, part))
        fail_msg("\"%s\" lacks \"%s\"", action->unavailable, part);
    assert_int_equal(action->program.len, 0);
}

static void test_payload(void **state)
{
    (void)state;
    add_file("payload/tool", 0700);
    add_file("payload/plain", 0600);
    add_folder("payload/folder");
    add_file("bin/tool", 0700);
    add_file("bin/other", 0700);
    add_file("bin/unready", 0600);
    starts("tool", "", "payload/tool", 0);        /* before PATH */
    starts("tool", "gone.sh", "payload/tool", 0); /* no interpreter */
    starts("other", "", "bin/other", 0);
    starts("other", "gone.sh", "bin/other", 0); /* unknown: not our affair */
    lacks("plain", "", "payload/plain is not executable");
    lacks("folder", "", "neither in");
    lacks("unready", "", "neither in");
    starts("TOOL", "", "payload/tool", 0);
    lacks("PLAIN", "", "payload/plain is not executable");
    starts("./tool", "", "payload/tool", 0);
    starts(".\\Tool", "", "payload/tool", 0);
    starts("C:\\Plugin\\bin\\tool", "", "payload/tool", 0);
    lacks("C:\\Plugin\\plain", "", "payload/plain is not executable");
    lacks("../bin/other", "", "there is no program");
}

static void test_absolute(void **state)
{
    char *program = below("bin/other");

    (void)state;
    add_file("bin/other", 0700);
    starts(program, "", "bin/other", 0);
    free(program);
    program = below("none");
    lacks(program, "", "there is no program");
    free(program);
    lacks("C:\\Tools\\other", "", "there is no program C:\\Tools\\other");
}

static void test_interpreters(void **state)
{
    static const char *const shells[] = {
        "powershell.exe",
        "PowerShell",
        "pwsh",
        "pwsh.exe",
        "C:\\Windows\\System32\\WindowsPowershell\\v1.0\\powershell.exe",
        "C:\\Windows\\SysWOW64\\WindowsPowerShell\\v1.0\\powershell.exe",
        "/opt/none/pwsh",
    };

    (void)state;
    lacks("powershell.exe", "",
          "pwsh, which stands for powershell.exe here, is not on PATH");
    lacks("pwsh", "", "pwsh is neither in");
    add_file("bin/pwsh", 0700);
    add_file("bin/python3", 0700);
    add_file("bin/lua5.4", 0700);
    add_file("bin/lua", 0700);
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        starts(shells[i], "-Command Get-Date", "bin/pwsh", 3);
        assert_string_equal(plugin->actions->program.items[1], "-NoLogo");
        assert_string_equal(plugin->actions->program.items[2],
                            "-NonInteractive");
        assert_string_equal(plugin->actions->program.items[3], "-NoProfile");
    }
    starts("python", "", "bin/python3", 0);
    starts("C:\\Users\\a b\\Python37\\PYTHON.EXE", "-m x", "bin/python3", 0);
    starts("lua", "", "bin/lua5.4", 0);
    add_file("payload/python", 0700); /* the payload folder comes first */
    starts("python", "", "payload/python", 0);
}

static void test_refused(void **state)
{
    static const char *const refused[] = {
        "cmd.exe",  "CMD",          "C:\\Windows\\System32\\cmd.exe",
        "/bin/cmd", "run.bat",      "Run.BAT",
        "x.cmd",    "C:\\a\\b.cmd",
    };

    (void)state;
    add_file("payload/run.bat", 0700); /* in the payload as well */
    add_file("payload/cmd.exe", 0700);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        lacks(refused[i], "", "is refused: cmd.exe would parse");
}

static void test_scripts(void **state)
{
    char *program = below("bin/python3");

    (void)state;
    lacks("python", "gone.py", "python3, which stands for python here, is");
    lacks("python", "gone.py", "; script gone.py is missing in ");
    add_file("bin/python3", 0700);
    add_file("bin/sh", 0700);
    add_file("bin/pwsh", 0700);
    add_file("payload/run.py", 0600);
    add_folder("payload/sub");
    add_file("payload/sub/Setup.ps1", 0600);
    add_file("payload/x.PS1", 0600);
    starts("python", "run.py block", "bin/python3", 0);
    starts("python", "./run.py", "bin/python3", 0);
    starts("pwsh", "-nop -file x.PS1 gone.ps1", "bin/pwsh", 3);
    starts("pwsh", "-file sub/Setup.ps1", "bin/pwsh", 3);
    starts("sh", "", "bin/sh", 0); /* an input's Switch is no script */
    lacks("python", "gone.py", "script gone.py is missing in ");
    lacks("sh", "gone.sh", "script gone.sh is missing in ");
    lacks("pwsh", "-file PATH_TO_FILE/basic.ps1", "is missing");
    lacks("pwsh", "-file C:\\x\\basic.ps1", "is missing");
    lacks(program, "gone.py", "script gone.py is missing");
    lacks("pwsh", "-file sub.ps1", "is missing");
    free(program);
}

/* What the script's word becomes. */
static void runs(const char *constant, const char *script)
{
    starts("pwsh", constant, "bin/pwsh", 3);
    assert_string_equal(plugin->actions->params[0].switch_words.items[1],
                        script);
    assert_string_equal(plugin->actions->params[0].switch_text, constant);
}

/* Real plugins: okta-SRP.ps1 beside a file okta-srp.ps1, a read-me's
 * placeholder, another machine's path. */
static void test_spelling(void **state)
{
    (void)state;
    add_file("bin/pwsh", 0700);
    add_file("payload/okta-srp.ps1", 0600);
    add_file("payload/basic.ps1", 0600);
    add_file("payload/a.ps1", 0600);
    add_file("payload/A.ps1", 0600);
    add_folder("payload/Sub");
    add_file("payload/Sub/Setup.ps1", 0600);
    add_file("outside.ps1", 0600);
    runs("-file okta-SRP.ps1", "okta-srp.ps1");
    runs("-file okta-srp.ps1 x", "okta-srp.ps1");
    runs("-file ./okta-srp.ps1", "./okta-srp.ps1");
    runs("-file ./OKTA-srp.ps1", "okta-srp.ps1");
    runs("-file .\\okta-srp.ps1", "okta-srp.ps1");
    runs("-file sub/setup.PS1", "Sub/Setup.ps1");
    runs("-file SUB\\Setup.ps1", "Sub/Setup.ps1");
    runs("-file PATH_TO_FILE/basic.ps1", "basic.ps1");
    runs("-file PATH_TO_FILE\\BASIC.ps1", "basic.ps1");
    runs("-file C:\\Scripts\\basic.ps1", "basic.ps1");
    runs("-file /home/author/basic.ps1", "basic.ps1");
    runs("-file ..\\basic.ps1", "basic.ps1");
    runs("-file a.ps1", "a.ps1"); /* the exact name wins */
    runs("-file A.ps1", "A.ps1");
    runs("-file x/A.PS1", "A.ps1"); /* of two the first by bytes */
    lacks("pwsh", "-file OUTSIDE.ps1", "is missing");
    lacks("pwsh", "-file ..\\OUTSIDE.ps1", "is missing");
    lacks("pwsh", "-file Setup.ps1", "is missing"); /* named without Sub */
    lacks("pwsh", "-file Sub\\.ps1", "is missing");
}

static void test_again(void **state)
{
    (void)state;
    lacks("other", "", "neither in");
    add_file("bin/other", 0700);
    plugin_resolve(plugin, path); /* what was missing has come */
    assert_null(plugin->actions->unavailable);
    assert_int_equal(plugin->actions->program.len, 1);
    plugin_resolve(plugin, ""); /* and is gone */
    assert_non_null(plugin->actions->unavailable);
    assert_int_equal(plugin->actions->program.len, 0);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < interpreter_count; i++) {
        const struct interpreter *line = &interpreter_table[i];

        for (size_t j = 0; j < i; j++)
            assert_false(str_same_nocase(str_of(line->command),
                                         str_of(interpreter_table[j].command)));
        if (!line->program)
            assert_null(line->words[0]);
    }
}

/* --- plugin_locate --- */

static void found(const char *where, const char *manifest, const char *folder)
{
    char *at = below(where), *want_manifest = below(manifest);
    char *want_folder = below(folder);
    char *got_manifest, *got_folder;
    struct error error;

    if (plugin_locate(at, &got_manifest, &got_folder, &error))
        fail_msg("%s: %s", at, error.text);
    assert_string_equal(got_manifest, want_manifest);
    assert_string_equal(got_folder, want_folder);
    free(at);
    free(want_manifest);
    free(want_folder);
    free(got_manifest);
    free(got_folder);
}

static void not_found(const char *where, const char *part)
{
    char *at = below(where), *manifest, *folder;
    struct error error;

    assert_int_equal(plugin_locate(at, &manifest, &folder, &error),
                     ERROR_NOT_FOUND);
    assert_null(manifest);
    assert_null(folder);
    assert_string_equal(error.where, at);
    assert_non_null(strstr(error.text, part));
    free(at);
}

static void test_flat(void **state)
{
    (void)state;
    not_found("payload", "no actions.xml in this folder");
    not_found("none", "no such file or folder");
    add_file("payload/Actions.xml", 0600);
    found("payload", "payload/Actions.xml", "payload");
    found("payload/", "payload/Actions.xml", "payload");
    found("payload/Actions.xml", "payload/Actions.xml", "payload");
    add_file("payload/actions.xml", 0600); /* the exact name wins */
    found("payload", "payload/actions.xml", "payload");
    add_folder("bin/actions.xml");
    not_found("bin", "no actions.xml");
}

static void test_packed(void **state)
{
    (void)state;
    add_folder("payload/plugin");
    add_folder("payload/plugin/Bin");
    add_folder("payload/plugin/config");
    add_file("payload/actions.xml", 0600);
    add_file("payload/plugin/Bin/actions.xml", 0600);
    found("payload", "payload/plugin/Bin/actions.xml", "payload/plugin/Bin");
    add_file("payload/plugin/config/ACTIONS.XML", 0600);
    found("payload", "payload/plugin/config/ACTIONS.XML", "payload/plugin/Bin");
    found("payload/plugin", "payload/plugin/config/ACTIONS.XML",
          "payload/plugin/Bin");
    found("payload/plugin/config/ACTIONS.XML",
          "payload/plugin/config/ACTIONS.XML", "payload/plugin/Bin");
}

static void test_config_alone(void **state)
{
    (void)state;
    add_folder("payload/Plugin");
    add_folder("payload/Plugin/config");
    add_file("payload/Plugin/config/actions.xml", 0600);
    found("payload", "payload/Plugin/config/actions.xml",
          "payload/Plugin/config");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_payload),      TEST(test_absolute), TEST(test_interpreters),
        TEST(test_refused),      TEST(test_scripts),  TEST(test_again),
        TEST(test_table),        TEST(test_flat),     TEST(test_packed),
        TEST(test_config_alone), TEST(test_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
