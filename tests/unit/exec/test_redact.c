#include "exec/redact.h"

#include "../seed.h"
#include "base/alloc.h"
#include "exec/form.h"

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

/* ---- Other forms ------------------------------------------------------- */

static void escapes_of_json_hide_nothing(void **state)
{
    static char *const secrets[] = {"p\"a\\s/s\n\x01\xc3\xa9\xf0\x9f\x98\x80!",
                                    NULL};

    (void)state;
    becomes(secrets,
            "{\"k\":\"p\\\"a\\\\s/s\\n\\u0001\xc3\xa9\xf0\x9f\x98\x80!\"}",
            false, "{\"k\":\"***\"}");
    becomes(secrets, "p\\\"a\\\\s\\/s\\u000A\\u0001\\u00e9\\ud83d\\ude00!",
            false, "***");
    becomes(secrets,
            "p\\u0022a\\u005cs/s\\n\\u0001\\u00E9\\uD83D\\uDE00\\u0021", false,
            "***");
    /* Another one, and what is no escape at all. */
    becomes(secrets, "p\\\"a\\\\s/s\\n\\u0002\xc3\xa9", false,
            "p\\\"a\\\\s/s\\n\\u0002\xc3\xa9");
    becomes(secrets, "p\\\"a\\x", false, "p\\\"a\\x");
    becomes(secrets, "p\\\"a\\u00g0", false, "p\\\"a\\u00g0");
    becomes(secrets, "p\\\"a\\\\s\\/s\\n\\u0001\\u00e9\\ud83d!!!!!!", false,
            "p\\\"a\\\\s\\/s\\n\\u0001\\u00e9\\ud83d!!!!!!");
    becomes(secrets, "x p\\\"a\\u00", false, "x p\\\"a\\u00");
    becomes(secrets, "x p\\\"a\\u00", true, "x ***");
}

static void escapes_of_urls_hide_nothing(void **state)
{
    static char *const secrets[] = {"a b+c/d%\xc3\xa9", NULL};

    (void)state;
    becomes(secrets, "?k=a%20b%2Bc%2Fd%25%C3%A9&x", false, "?k=***&x");
    becomes(secrets, "?k=a+b%2bc/d%25%c3%a9&x", false, "?k=***&x");
    becomes(secrets, "?k=%61+b+c/d%25%c3%a9", false, "?k=***");
    becomes(secrets, "a+b%2bc/d%25%c3%aa", false, "a+b%2bc/d%25%c3%aa");
    becomes(secrets, "a+b%2", false, "a+b%2");
    becomes(secrets, "a+b%2", true, "***");
    becomes(secrets, "a+b%zz", true, "a+b%zz");
}

/* Of bytes that hold it, wherever it stands in them; up to one digit at each
 * end says something of its neighbours, too. */
static void base64_hides_nothing(void **state)
{
    static char *const secrets[] = {"hunter2", NULL};
    static char *const high[] = {"\xfb\xff\xbf\xfe", NULL};

    (void)state;
    becomes(secrets, "aHVudGVyMg==", false, "***g==");         /* hunter2 */
    becomes(secrets, "eDpodW50ZXIy", false, "eDp***");         /* x:hunter2 */
    becomes(secrets, "dTpodW50ZXIyCg==", false, "dTp***Cg=="); /* u:…\n */
    becomes(secrets, "Omh1bnRlcjI6", false, "Om***I6");        /* :hunter2: */
    becomes(secrets, "Omh1bnRlZDI6", false, "Omh1bnRlZDI6");   /* :hunted2: */
    becomes(high, "+/+//g== -_-__g==", false, "***g== ***g==");
}

static void a_line_of_a_key_is_a_secret_too(void **state)
{
    static char *const secrets[] = {
        "-----BEGIN\r\nabcdefgh\nabcdefg\n}\nlast/line", NULL};

    (void)state;
    becomes(secrets, "  1 abcdefgh\r\n  2 abcdefg\n}\n", false,
            "  1 ***\r\n  2 abcdefg\n}\n");
    becomes(secrets, "-----BEGIN; last/line; last%2Fline; last\\/line", false,
            "***; ***; ***; ***");
    becomes(secrets, "-----BEGIN\r\nabcdefgh\nabcdefg\n}\nlast/line", false,
            "***");
}

static void forms_of_a_secret_at_the_limit_and_below(void **state)
{
    static char *const secrets[] = {"a/b", "a/bc", NULL};

    (void)state;
    becomes(secrets, "a/b a\\/b a%2Fb YS9i", false, "a/b a\\/b a%2Fb YS9i");
    becomes(secrets, "a/bc a\\/bc a%2Fbc YS9iYw==", false,
            "*** *** *** ***w==");
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

/* As different encoders do it, by its form. */
static void encode(struct buf *out, unsigned form, const char *secret)
{
    for (; *secret; secret++) {
        unsigned char c = (unsigned char)*secret;
        bool forced = c != 'z' && !below(4);

        if (form == 0)
            buf_add_byte(out, *secret);
        else if (form == 1 && (c == '"' || c == '\\' || (c == '/' && forced)))
            buf_printf(out, "\\%c", c);
        else if (form == 1 && (c < ' ' || (forced && c < 0x80)))
            buf_printf(out, below(2) ? "\\u%04x" : "\\u%04X", c);
        else if (form == 2 && c == ' ' && forced)
            buf_add_byte(out, '+');
        else if (form == 2 && (c == '%' || c <= ' ' || c >= 0x7f || forced))
            buf_printf(out, below(2) ? "%%%02x" : "%%%02X", c);
        else
            buf_add_byte(out, *secret);
    }
}

/* Between what no form of a secret begins or goes on with. */
static void any_form_in_pieces_is_hidden(void **state)
{
    static const char letters[] = "\"\\/% +\n\x01\xc3\xa9z";

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char secret[20] = {0};
        char *secrets[] = {secret, NULL};
        struct buf text = {0}, safe = {0};
        struct redact *redact;
        struct str left;

        for (size_t i = SECRET_MIN + below(12); i--;)
            secret[i] = letters[below(sizeof letters - 1)];
        buf_add_text(&text, "Q");
        encode(&text, below(3), secret);
        buf_add_text(&text, "Q");
        redact = redact_new(secrets);
        left = buf_str(&text);
        while (left.len) {
            struct str piece = {left.data, 1 + below((unsigned)left.len)};

            redact_push(redact, piece, &safe);
            left.data += piece.len;
            left.len -= piece.len;
        }
        redact_end(redact, false, &safe);
        if (strcmp(safe.data, "Q***Q") != 0)
            fail_msg("%s shows as %s", text.data, safe.data);
        redact_free(redact);
        buf_free(&safe);
        buf_free(&text);
    }
}

/* Whatever the bytes are, the sanitizers look on. */
static void any_bytes_are_read_without_harm(void **state)
{
    static const char letters[] = "\\u00d83%/+ea\"";

    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t len = 1 + below(40);
        char *bytes = alloc_bytes(len);
        char secret[12] = {0};
        struct patterns patterns = {0};
        bool part;

        for (size_t i = 0; i < len; i++)
            bytes[i] = letters[below(sizeof letters - 1)];
        for (size_t i = SECRET_MIN + below(7); i--;)
            secret[i] = letters[below(sizeof letters - 1)];
        patterns_add(&patterns, str_of(secret));
        for (size_t i = 0; i < patterns.len; i++)
            assert_true(pattern_match(&patterns.items[i],
                                      (struct str){bytes, len}, &part) <= len);
        patterns_free(&patterns);
        free(bytes);
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
        cmocka_unit_test(escapes_of_json_hide_nothing),
        cmocka_unit_test(escapes_of_urls_hide_nothing),
        cmocka_unit_test(base64_hides_nothing),
        cmocka_unit_test(a_line_of_a_key_is_a_secret_too),
        cmocka_unit_test(forms_of_a_secret_at_the_limit_and_below),
        cmocka_unit_test(in_pieces_it_is_the_same),
        cmocka_unit_test(any_form_in_pieces_is_hidden),
        cmocka_unit_test(any_bytes_are_read_without_harm),
    };
    unsigned seed = test_seed();

    fprintf(stderr, "# seed: SEED=%u\n", seed);
    srandom(seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
