#include "place.h"

#include "plugin_help.h"

static const char manifest[] =
    "<Remediation-Plugin xmlns='RemediationVersion1.xsd' Name='P'/>";

static int pack(void **state, struct plugin *plugin, int64_t time,
                struct package *package, struct error *error)
{
    struct package_source source = {
        .plugin = plugin, .manifest = str_of(manifest), .time = time};
    int status;

    free(plugin->folder);
    plugin->folder = alloc_text(in_place(state, "payload"));
    status = package_pack(&source, package, error);
    plugin_free(plugin);
    return status;
}

static struct plugin *sample(void)
{
    return plugin_of("<Action Name='A' Command='sh'/>");
}

static void unpacks_again(void **state)
{
    struct package package = {0};
    struct stat info;

    put_folder(state, "payload");
    put_folder(state, "payload/empty");
    put_text(state, "payload/x.sh", "echo\n");
    assert_int_equal(chmod(in_place(state, "payload/x.sh"), 0700), 0);
    assert_int_equal(
        pack(state, sample(), 86400 * 365 * 30 + 5, &package, NULL), 0);
    assert_string_equal(
        package.name,
        "ARPlugin_2f6f81b1-09dd-4fe3-a0d5-58797a0a58ba_19991225.lpi");
    assert_false(package.guid_added);
    put_file(state, "p.lpi", package.bytes.data, package.bytes.len);
    package_free(&package);
    assert_int_equal(
        package_unpack(in_place(state, "p.lpi"), in_place(state, "to"), NULL),
        0);
    assert_int_equal(stat(in_place(state, "to/Plugin/bin/x.sh"), &info), 0);
    assert_int_equal(info.st_mode, S_IFREG | 0755);
    assert_int_equal(info.st_mtime, 86400 * 365 * 30);
    assert_int_equal(access(in_place(state, "to/Plugin/bin/empty"), F_OK), 0);
    assert_int_equal(
        access(in_place(state, "to/Plugin/config/actions.xml"), F_OK), 0);
}

static void same_bytes(void **state)
{
    struct package one = {0}, two = {0};

    put_folder(state, "payload");
    put_text(state, "payload/b", "1");
    put_text(state, "payload/a", "2");
    assert_int_equal(pack(state, sample(), 0, &one, NULL), 0);
    /* Another order on the disk, other times, another owner's mask. */
    assert_int_equal(unlink(in_place(state, "payload/b")), 0);
    put_text(state, "payload/b", "1");
    assert_int_equal(chmod(in_place(state, "payload/a"), 0600), 0);
    assert_int_equal(pack(state, sample(), 0, &two, NULL), 0);
    assert_int_equal(one.bytes.len, two.bytes.len);
    assert_memory_equal(one.bytes.data, two.bytes.data, one.bytes.len);
    package_free(&one);
    package_free(&two);
}

static void derives_a_guid(void **state)
{
    struct package one = {0}, two = {0};
    struct plugin *plugin = sample();

    put_folder(state, "payload");
    free(plugin->guid);
    plugin->guid = NULL;
    assert_int_equal(pack(state, plugin, 0, &one, NULL), 0);
    assert_true(one.guid_added);
    assert_int_equal(strlen(one.guid), 36);
    assert_int_equal(one.guid[14], '8');
    plugin = sample();
    free(plugin->guid);
    plugin->guid = NULL;
    assert_int_equal(pack(state, plugin, 86400, &two, NULL), 0);
    assert_string_equal(one.guid, two.guid);
    package_free(&one);
    package_free(&two);
}

/* A manifest's author chooses it, and it becomes part of a path. */
static void tames_a_guid(void **state)
{
    struct package package = {0};
    struct plugin *plugin = sample();

    put_folder(state, "payload");
    free(plugin->guid);
    plugin->guid = alloc_text("../../etc/x y");
    assert_int_equal(pack(state, plugin, 0, &package, NULL), 0);
    assert_string_equal(package.name, "ARPlugin_______etc_x_y_19700101.lpi");
    package_free(&package);
}

/* Names of 100 bytes and 101, the first of which the header holds whole, the
 * second in two parts. */
static void long_names(void **state)
{
    static const size_t lens[] = {100 - 11, 101 - 11};

    put_folder(state, "payload");
    put_folder(state, "payload/folder");
    for (size_t i = 0; i < 2; i++) {
        char name[120] = "folder/";
        char path[256];
        struct package package = {0};

        memset(name + 7, 'n', lens[i] - 7);
        name[lens[i]] = '\0';
        snprintf(path, sizeof path, "payload/%s", name);
        put_text(state, path, "x");
        assert_int_equal(pack(state, sample(), 0, &package, NULL), 0);
        put_file(state, "p.lpi", package.bytes.data, package.bytes.len);
        package_free(&package);
        assert_int_equal(package_unpack(in_place(state, "p.lpi"),
                                        in_place(state, "to"), NULL),
                         0);
        snprintf(path, sizeof path, "to/Plugin/bin/%s", name);
        assert_int_equal(access(in_place(state, path), F_OK), 0);
        assert_int_equal(package_delete(in_place(state, "to"), NULL), 0);
    }
}

static void refuses(void **state)
{
    struct package package = {0};
    struct error error = {0};

    put_folder(state, "payload");
    put_text(state, "payload/a", "x");
    assert_int_equal(symlink("a", in_place(state, "payload/l")), 0);
    assert_int_equal(pack(state, sample(), 0, &package, &error), ERROR_INVALID);
    assert_non_null(strstr(error.text, "\"l\" is a link"));
    assert_int_equal(unlink(in_place(state, "payload/l")), 0);
    put_text(state, "payload/A", "x");
    assert_int_equal(pack(state, sample(), 0, &package, &error), ERROR_INVALID);
    assert_int_equal(unlink(in_place(state, "payload/A")), 0);
    assert_int_equal(
        truncate(in_place(state, "payload/a"), PACKAGE_UNPACKED_MAX + 1L), 0);
    assert_int_equal(pack(state, sample(), 0, &package, &error), ERROR_LIMIT);
    assert_null(package.bytes.data);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unpacks_again), TEST(same_bytes), TEST(derives_a_guid),
        TEST(tames_a_guid),  TEST(long_names), TEST(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
