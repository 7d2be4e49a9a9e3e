#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The vectors of FIPS 180-4's examples. */
static void sha256_is_that_of_the_standard(void **state)
{
    char hex[HASH_HEX];

    (void)state;
    hash_hex(str_of("abc"), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
    hash_hex(str_of(""), hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
                             "27ae41e4649b934ca495991b7852b855");
}

static void parts_do_not_run_together(void **state)
{
    char one[HASH_HEX], two[HASH_HEX], want[HASH_HEX];
    struct hash *hash = hash_new();

    (void)state;
    hash_add_part(hash, str_of("ab"));
    hash_add_part(hash, str_of("c"));
    hash_end(hash, one);
    hash = hash_new();
    hash_add_part(hash, str_of("a"));
    hash_add_part(hash, str_of("bc"));
    hash_end(hash, two);
    assert_string_not_equal(one, two);
    hash_hex((struct str){"\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c", 19}, want);
    assert_string_equal(one, want);
}

static void pieces_added_are_one_text(void **state)
{
    char one[HASH_HEX], two[HASH_HEX];
    struct hash *hash = hash_new();

    (void)state;
    hash_add(hash, str_of("ab"));
    hash_add(hash, str_of(""));
    hash_add(hash, str_of("c"));
    hash_end(hash, one);
    hash_hex(str_of("abc"), two);
    assert_string_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_that_of_the_standard),
        cmocka_unit_test(parts_do_not_run_together),
        cmocka_unit_test(pieces_added_are_one_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
