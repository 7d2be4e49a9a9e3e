#include "base/table.h"

#include "../seed.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void keys_are_bytes(void **state)
{
    struct table *table = table_new();
    struct str with_nul = {.data = "a\0b", .len = 3};
    int one = 1, two = 2, three = 3;

    (void)state;
    assert_null(table_get(table, str_of("a")));
    table_put(table, with_nul, &one);
    table_put(table, str_of("a"), &two);
    table_put(table, str_of(""), &three);
    assert_ptr_equal(table_get(table, with_nul), &one);
    assert_ptr_equal(table_get(table, str_of("a")), &two);
    assert_ptr_equal(table_get(table, str_of(NULL)), &three);
    assert_null(table_get(table, str_of("b")));
    assert_int_equal(table_count(table), 3);
    table_free(table);
}

static void a_put_replaces(void **state)
{
    struct table *table = table_new();
    char text[] = "key";
    struct str kept;
    int one = 1, two = 2;

    (void)state;
    kept = table_put(table, str_of(text), &one);
    assert_true(kept.data != text);
    text[0] = 'x';
    assert_true(str_is(kept, "key"));
    assert_ptr_equal(table_put(table, str_of("key"), &two).data, kept.data);
    assert_ptr_equal(table_get(table, str_of("key")), &two);
    assert_int_equal(table_count(table), 1);
    table_free(table);
}

static void a_removed_key_is_gone(void **state)
{
    struct table *table = table_new();
    int one = 1;

    (void)state;
    table_put(table, str_of("key"), &one);
    assert_ptr_equal(table_remove(table, str_of("key")), &one);
    assert_null(table_remove(table, str_of("key")));
    assert_null(table_get(table, str_of("key")));
    assert_int_equal(table_count(table), 0);
    table_free(table);
    table_free(NULL);
}

static void a_walk_may_remove_what_it_met(void **state)
{
    struct table *table = table_new();
    struct table_walk walk = {0};
    bool seen[1000] = {false};
    struct str key;
    bool *value;
    char name[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "k%d", i);
        table_put(table, str_of(name), &seen[i]);
    }
    while ((value = table_next(table, &walk, &key))) {
        assert_false(*value);
        *value = true;
        if ((value - seen) % 2)
            assert_ptr_equal(table_remove(table, key), value);
    }
    for (int i = 0; i < 1000; i++)
        assert_true(seen[i]);
    assert_int_equal(table_count(table), 500);
    assert_null(table_next(table, &walk, NULL));
    table_free(table);
}

enum { KEYS = 300, ROUNDS = 20000 };

/* Against the simplest model there is: one cell a key. */
static void it_agrees_with_an_array(void **state)
{
    unsigned seed = test_seed();
    struct table *table = table_new();
    int cells[KEYS], *model[KEYS] = {NULL};
    size_t count = 0;

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < ROUNDS; i++) {
        int key = rand_r(&seed) % KEYS;
        struct str name = {.data = (const char *)&key, .len = sizeof key};

        if (rand_r(&seed) % 2) {
            count += !model[key];
            model[key] = &cells[rand_r(&seed) % KEYS];
            table_put(table, name, model[key]);
        } else {
            count -= !!model[key];
            assert_ptr_equal(table_remove(table, name), model[key]);
            model[key] = NULL;
        }
        assert_int_equal(table_count(table), count);
        key = rand_r(&seed) % KEYS;
        assert_ptr_equal(table_get(table, name), model[key]);
    }
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(a_put_replaces),
        cmocka_unit_test(a_removed_key_is_gone),
        cmocka_unit_test(a_walk_may_remove_what_it_met),
        cmocka_unit_test(it_agrees_with_an_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
