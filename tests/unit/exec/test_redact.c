#include "exec/redact.h"

#include "../seed.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *const one[] = {"hunter2", NULL};

static void becomes(char *const *secrets, const char *text, bool cut,
                    const char *want)
{
    struct redact *redact = redact_new(secrets);
    struct buf safe = {0};

    assert_non_null(redact);
    redact_push(redact, str_of(text), &safe);
    redact_end(redact, cut, &safe);
    assert_int_equal(safe.len, strlen(want));
    assert_string_equal(safe.data ? safe.data : "", want);
    buf_free(&safe);
    redact_free(redact);
}

static void secrets_become_stars(void **state)
{
    static char *const same[] = {"aaaa", NULL};
    static char *const least[] = {"abcd", "xyz", NULL};

    (void)state;
    becomes(one, "key hunter2, hunter2hunter2!", false, "key ***, ******!");
    becomes(one, "hunter", false, "hunter");
    becomes(one, "hunthunter2", false, "hunt***");
    becomes(one, "", false, "");
    becomes(same, "aaaaaa", false, "***");
    becomes(least, "abcd xyz abc", false, "*** xyz abc");
}

static void what_broke_off_in_a_secret_is_hidden(void **state)
{
    (void)state;
    becomes(one, "x hunter", true, "x ***");
    becomes(one, "x h", true, "x ***");
    becomes(one, "x hunter2", true, "x ***");
    becomes(one, "x hunter3", true, "x hunter3");
}

static void all_of_secrets_that_overlap_is_hidden(void **state)
{
    static char *const secrets[] = {"hunter", "xhunter2y", "hunter2", "er2yz",
                                    NULL};

    (void)state;
    becomes(secrets, "hunter2 xhunter2y hunter hunt", false,
            "*** *** *** hunt");
    becomes(secrets, "xhunter2yz.", false, "***.");
    becomes(secrets, "xhunter2 xhunter", true, "x*** ***");
}

static void too_short_is_nothing_to_hide(void **state)
{
    static char *const none[] = {NULL};
    static char *const shorts[] = {"", "a", "abc", NULL};

    (void)state;
    assert_null(redact_new(NULL));
    assert_null(redact_new(none));
    assert_null(redact_new(shorts));
    redact_free(NULL);
}

static void only_what_may_be_a_secret_is_held_back(void **state)
{
    struct redact *redact = redact_new(one);
    struct buf safe = {0};

    (void)state;
    redact_push(redact, str_of("a hunt"), &safe);
    assert_string_equal(safe.data, "a ");
    redact_push(redact, str_of("er"), &safe);
    assert_string_equal(safe.data, "a ");
    redact_push(redact, str_of("3 h"), &safe);
    assert_string_equal(safe.data, "a hunter3 ");
    redact_push(redact, str_of("unter2"), &safe);
    assert_string_equal(safe.data, "a hunter3 ***");
    buf_free(&safe);
    redact_free(redact);
}

/* ---- At random -------------------------------------------------------- */

enum { SECRETS = 4, TEXT = 200 };

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

/* Of two letters, so that much of it is, or begins, a secret. */
static char *random_text(size_t len)
{
    char *text = alloc_bytes(len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = "ab"[below(2)];
    text[len] = '\0';
    return text;
}

/* The whole text at once, every place against every secret. */
static void naive(char *const *secrets, const char *text, struct buf *safe)
{
    size_t hidden = 0; /* up to there */

    for (size_t at = 0; text[at]; at++) {
        size_t longest = 0;

        for (size_t i = 0; secrets[i]; i++) {
            size_t len = strlen(secrets[i]);

            if (len >= SECRET_MIN && len > longest &&
                strncmp(text + at, secrets[i], len) == 0)
                longest = len;
        }
        if (longest && at >= hidden)
            buf_add_text(safe, "***");
        if (longest && at + longest > hidden)
            hidden = at + longest;
        if (at >= hidden)
            buf_add_byte(safe, text[at]);
    }
}

static void in_pieces_it_is_the_same(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        char *secrets[SECRETS + 1] = {0};
        char *text = random_text(below(TEXT));
        struct buf want = {0}, safe = {0};
        struct redact *redact;
        struct str left = str_of(text);

        secrets[0] = random_text(SECRET_MIN + below(8));
        for (size_t i = 1; i < 1 + below(SECRETS); i++)
            secrets[i] = random_text(1 + below(12));
        redact = redact_new(secrets);
        while (left.len) {
            struct str piece = {left.data, 1 + below((unsigned)left.len)};

            redact_push(redact, piece, &safe);
            left.data += piece.len;
            left.len -= piece.len;
        }
        redact_end(redact, false, &safe);
        naive(secrets, text, &want);
        assert_int_equal(safe.len, want.len);
        if (want.len)
            assert_memory_equal(safe.data, want.data, want.len);
        redact_free(redact);
        buf_free(&safe);
        buf_free(&want);
        free(text);
        for (size_t i = 0; i < SECRETS; i++)
            free(secrets[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_become_stars),
        cmocka_unit_test(what_broke_off_in_a_secret_is_hidden),
        cmocka_unit_test(all_of_secrets_that_overlap_is_hidden),
        cmocka_unit_test(too_short_is_nothing_to_hide),
        cmocka_unit_test(only_what_may_be_a_secret_is_held_back),
        cmocka_unit_test(in_pieces_it_is_the_same),
    };
    unsigned seed = test_seed();

    fprintf(stderr, "# seed: SEED=%u\n", seed);
    srandom(seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
