#include "place.h"

#include <fcntl.h>

#define TO in_place(state, "to")

/* A ustar member by hand: what a tar is made of. */
static void add_member(struct buf *tar, const char *name, char type,
                       unsigned mode, const char *body)
{
    char header[512] = {0};
    unsigned sum = 0;
    size_t len = strlen(body);

    snprintf(header, 100, "%s", name);
    snprintf(header + 100, 8, "%07o", mode & 07777u);
    snprintf(header + 108, 8, "%07o", 0);
    snprintf(header + 116, 8, "%07o", 0);
    snprintf(header + 124, 12, "%011o", (unsigned)len);
    snprintf(header + 136, 12, "%011o", 1700000000);
    memset(header + 148, ' ', 8);
    header[156] = type;
    snprintf(header + 157, 100, "%s", type == '1' || type == '2' ? "x" : "");
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof header; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    buf_add(tar, header, sizeof header);
    buf_add(tar, body, len);
    while (tar->len % 512)
        buf_add_byte(tar, '\0');
}

static int unpack(void **state, struct buf *tar, struct error *error)
{
    char end[1024] = {0};

    buf_add(tar, end, sizeof end);
    put_file(state, "p.tar", tar->data, tar->len);
    buf_free(tar);
    return package_unpack(in_place(state, "p.tar"), TO, error);
}

static struct stat info_of(void **state, const char *name)
{
    struct stat info = {0};

    assert_int_equal(stat(in_place(state, name), &info), 0);
    return info;
}

static void unpacks_a_tar(void **state)
{
    struct buf tar = {0};
    struct error error = {0};

    add_member(&tar, "Plugin", '5', 0644, "");
    add_member(&tar, "Plugin/bin/a.sh", '0', 04001, "text");
    add_member(&tar, "Plugin/bin/b", '0', 0666, "");
    assert_int_equal(unpack(state, &tar, &error), 0);
    assert_int_equal(info_of(state, "to").st_mode, S_IFDIR | 0755);
    assert_int_equal(info_of(state, "to/Plugin").st_mode, S_IFDIR | 0755);
    assert_int_equal(info_of(state, "to/Plugin/bin/a.sh").st_mode,
                     S_IFREG | 0755);
    assert_int_equal(info_of(state, "to/Plugin/bin/a.sh").st_size, 4);
    assert_int_equal(info_of(state, "to/Plugin/bin/a.sh").st_mtime, 1700000000);
    assert_int_equal(info_of(state, "to/Plugin/bin/b").st_mode, S_IFREG | 0644);
}

static void refuse(void **state, const char *name, char type, const char *why)
{
    struct buf tar = {0};
    struct error error = {0};

    add_member(&tar, "Plugin/bin/first", '0', 0644, "it was well until here");
    add_member(&tar, name, type, 0644, "");
    assert_int_equal(unpack(state, &tar, &error), ERROR_INVALID);
    assert_non_null(strstr(error.text, why));
    assert_int_equal(access(TO, F_OK), -1);
}

static void all_or_nothing(void **state)
{
    refuse(state, "/abs", '0', "absolute");
    refuse(state, "a/../b", '0', "..");
    refuse(state, "Plugin/link", '2', "link");
    refuse(state, "Plugin/hard", '1', "hard link");
    refuse(state, "Plugin/char", '3', "device");
    refuse(state, "Plugin/block", '4', "device");
    refuse(state, "Plugin/pipe", '6', "pipe");
    refuse(state, "Plugin/bin/FIRST", '0', "case");
    refuse(state, "Plugin/bin/first", '0', "twice");
    refuse(state, "Plugin/bin/first/x", '0', "twice");
}

static void copies_a_folder(void **state)
{
    put_folder(state, "from");
    put_folder(state, "from/.git");
    put_folder(state, "from/sub");
    put_text(state, "from/sub/x", "x");
    put_text(state, "from/.git/config", "x");
    assert_int_equal(package_unpack(in_place(state, "from"), TO, NULL), 0);
    assert_int_equal(info_of(state, "to/sub/x").st_size, 1);
    assert_int_equal(access(in_place(state, "to/.git"), F_OK), -1);
}

static void refuses_a_folder_with_a_link(void **state)
{
    struct error error = {0};

    put_folder(state, "from");
    assert_int_equal(symlink("/etc/passwd", in_place(state, "from/l")), 0);
    assert_int_equal(package_unpack(in_place(state, "from"), TO, &error),
                     ERROR_INVALID);
    assert_non_null(strstr(error.text, "\"l\" is a link"));
    assert_int_equal(access(TO, F_OK), -1);
}

/* Zeros are a tar that ended before it began. */
static void holds_the_packed_size(void **state)
{
    const char *path = in_place(state, "p.tar");
    struct error error = {0};

    put_text(state, "p.tar", "");
    assert_int_equal(truncate(path, PACKAGE_PACKED_MAX + 1), 0);
    assert_int_equal(package_unpack(path, TO, &error), ERROR_LIMIT);
    assert_int_equal(truncate(path, PACKAGE_PACKED_MAX), 0);
    assert_int_equal(package_unpack(path, TO, &error), 0);
}

static void refuses_what_is_no_package(void **state)
{
    struct error error = {0};

    assert_int_equal(package_unpack(in_place(state, "none"), TO, &error),
                     ERROR_NOT_FOUND);
    put_text(state, "text", "not a package at all");
    assert_int_equal(package_unpack(in_place(state, "text"), TO, &error),
                     ERROR_INVALID);
    assert_int_equal(mkfifo(in_place(state, "pipe"), 0600), 0);
    assert_int_equal(package_unpack(in_place(state, "pipe"), TO, &error),
                     ERROR_INVALID);
    assert_int_equal(access(TO, F_OK), -1);
}

static void keeps_what_is_there(void **state)
{
    struct buf tar = {0};
    struct error error = {0};

    put_folder(state, "to");
    put_text(state, "to/mine", "x");
    add_member(&tar, "a", '0', 0644, "x");
    assert_int_equal(unpack(state, &tar, &error), ERROR_SYSTEM);
    assert_int_equal(info_of(state, "to/mine").st_size, 1);
}

static void deletes_links_not_what_they_name(void **state)
{
    put_folder(state, "kept");
    put_text(state, "kept/file", "x");
    put_folder(state, "to");
    assert_int_equal(
        symlink(in_place(state, "kept"), in_place(state, "to/link")), 0);
    assert_int_equal(package_delete(TO, NULL), 0);
    assert_int_equal(access(TO, F_OK), -1);
    assert_int_equal(info_of(state, "kept/file").st_size, 1);
    assert_int_equal(package_delete(TO, NULL), 0);
}

static void digests(void **state)
{
    char one[HASH_HEX], two[HASH_HEX];

    put_folder(state, "d");
    put_text(state, "d/a", "x");
    assert_int_equal(package_digest(in_place(state, "d"), one, NULL), 0);
    put_text(state, "d/a", "y");
    assert_int_equal(package_digest(in_place(state, "d"), two, NULL), 0);
    assert_string_not_equal(one, two);
    put_text(state, "d/a", "x");
    assert_int_equal(package_digest(in_place(state, "d"), two, NULL), 0);
    assert_string_equal(one, two);
    assert_int_equal(chmod(in_place(state, "d/a"), 0755), 0);
    assert_int_equal(package_digest(in_place(state, "d"), two, NULL), 0);
    assert_string_not_equal(one, two);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unpacks_a_tar),
        TEST(all_or_nothing),
        TEST(copies_a_folder),
        TEST(refuses_a_folder_with_a_link),
        TEST(holds_the_packed_size),
        TEST(refuses_what_is_no_package),
        TEST(keeps_what_is_there),
        TEST(deletes_links_not_what_they_name),
        TEST(digests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
