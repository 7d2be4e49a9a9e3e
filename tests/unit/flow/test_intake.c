#include "stand.h"

#include "flow/choose.h"
#include "flow/intake.h"
#include "flow/reading.h"

#include <fcntl.h>

/* One input and what it said. */
struct input {
    struct stand *stand;
    struct intake *intake;
    int ended;
    struct error error; /* of the end; code 0: a good one */
    char chosen[32];
};

static void ended(void *arg, const struct error *error)
{
    struct input *input = arg;

    input->ended++;
    if (error)
        input->error = *error;
    intake_close(input->intake);
    input->intake = NULL;
    uv_stop(engine_loop(input->stand->engine));
}

static void chosen(void *arg, const char *path, const char *source)
{
    struct input *input = arg;

    (void)path;
    snprintf(input->chosen, sizeof input->chosen, "%s", source);
}

static int begin(struct stand *stand, struct input *input, const char *path,
                 const char *source, bool follow)
{
    struct error error = {0};

    *input = (struct input){.stand = stand};
    return intake_open(&input->intake,
                       &(struct intake_config){
                           .loop = engine_loop(stand->engine),
                           .flow = stand->flow,
                           .path = path,
                           .source = source,
                           .follow = follow,
                           .ended = ended,
                           .chosen = chosen,
                           .arg = input,
                       },
                       &error);
}

static void finish(struct stand *stand, struct input *input)
{
    while (!input->ended) {
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
        if (input->intake && flow_ready(stand->flow))
            intake_resume(input->intake);
    }
    assert_int_equal(input->ended, 1);
    stand_work(stand);
}

static char *path_of(const struct stand *stand, const char *name)
{
    return alloc_printf("%s/%s", stand->place.path, name);
}

/* Reads the file to its end. */
static struct input whole(struct stand *stand, const char *name,
                          const char *source)
{
    struct input input;
    char *path = path_of(stand, name);

    assert_int_equal(begin(stand, &input, path, source, false), 0);
    finish(stand, &input);
    free(path);
    return input;
}

static int64_t alarms(const struct stand *stand)
{
    return flow_counts(stand->flow)->alarms;
}

static void files_are_read_to_their_end(void **state)
{
    struct stand *stand = *state;
    struct input input;

    place_file(&stand->place, "in", "{\"a\":1}\n\n{\"a\":2}\r\n{\"a\":3}");
    place_file(&stand->place, "empty", "");
    stand_open(stand);
    input = whole(stand, "in", "generic");
    assert_int_equal(input.error.code, 0);
    assert_int_equal(alarms(stand), 3);
    input = whole(stand, "empty", "generic");
    assert_int_equal(input.error.code, 0);
    input = whole(stand, "empty", "auto");
    assert_int_equal(input.error.code, 0);
    assert_string_equal(input.chosen, "");
    assert_int_equal(alarms(stand), 3);
    stand_close(stand);
}

static void auto_looks_at_the_first_record(void **state)
{
    static const struct {
        const char *text, *source;
        int alarms;
    } cases[] = {
        {"{\"AlarmRuleName\":\"x\"}\n{\"b\":2}\n", "generic", 2},
        {"\n \n[{\"AlarmRuleName\":\"x\"},\n{\"b\":3}]", "generic", 2},
        {"{\"timestamp\":\"2026-11-24T05:00:00.000000+0000\",\"event_type\":"
         "\"alert\",\"src_ip\":\"192.0.2.1\",\"dest_ip\":\"192.0.2.2\","
         "\"alert\":{\"signature\":\"x\",\"signature_id\":1}}\n",
         "suricata", 1},
        {"Dec 10 06:55:48 LabSZ sshd[24200]: Failed password for invalid user "
         "webmaster from 173.234.31.186 port 38926 ssh2\n",
         "sshd", 1},
    };
    struct stand *stand = *state;

    stand_open(stand);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t before = alarms(stand);
        struct input input;

        place_file(&stand->place, "in", cases[i].text);
        input = whole(stand, "in", "auto");
        assert_int_equal(input.error.code, 0);
        assert_string_equal(input.chosen, cases[i].source);
        assert_int_equal(alarms(stand) - before, cases[i].alarms);
    }
    stand_close(stand);
}

#define SSHD                                                                   \
    "Dec 10 06:55:48 LabSZ sshd[24200]: Failed password for invalid user "     \
    "webmaster from 173.234.31.186 port 38926 ssh2\n"

/* Whatever comes before the first record that fits is skipped, and the alarms
 * are the same ones that the source itself would make: duplicates then. */
static void auto_waits_for_a_record_that_fits(void **state)
{
    static const struct {
        const char *text, *source;
        int alarms, skipped;
    } cases[] = {
        {"garbage\n" SSHD "garbage\n" SSHD, "sshd", 2, 2},
        {"\xff\n" SSHD, "sshd", 1, 1},
        {" \xff \r\n\n" SSHD, "sshd", 1, 1},
        {"garbage { \n" SSHD, "sshd", 1, 1},
        {"\xef\xbb\xbfgarbage\n" SSHD, "sshd", 1, 1},
        {"{\"broken\n {\"AlarmRuleName\":\"y\"}\r\n", "generic", 1, 1},
        {"\xef\xbb\xbf[{\"AlarmRuleName\":\"y\"},{\"AlarmRuleName\":\"z\"}]",
         "generic", 2, 0},
        {"[{\"a\":},\n {\"AlarmRuleName\":\"z\"}]", "generic", 1, 1},
    };
    struct stand *stand = *state;

    stand_open(stand);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flow_counts before = *flow_counts(stand->flow);
        const struct flow_counts *now = flow_counts(stand->flow);
        struct input input;

        place_file(&stand->place, "in", cases[i].text);
        input = whole(stand, "in", "auto");
        assert_int_equal(input.error.code, 0);
        assert_string_equal(input.chosen, cases[i].source);
        assert_int_equal(now->alarms - before.alarms, cases[i].alarms);
        assert_int_equal(now->skipped - before.skipped, cases[i].skipped);
        assert_int_equal(now->refused, before.refused);
        whole(stand, "in", cases[i].source);
        assert_int_equal(now->alarms - before.alarms, cases[i].alarms);
        assert_int_equal(now->duplicates - before.duplicates, cases[i].alarms);
    }
    stand_close(stand);
}

static void where_no_source_fits_their_names_are_said(void **state)
{
    static const char *const texts[] = {
        "[Mon Nov 24] what is this?\nand this\n",
        "\xff",
        "[",
        "{\"broken\n",
        "[{\"broken\n",
    };
    struct stand *stand = *state;

    stand_open(stand);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct input input;

        place_file(&stand->place, "in", texts[i]);
        input = whole(stand, "in", "auto");
        assert_int_equal(input.error.code, ERROR_INVALID);
        assert_non_null(strstr(input.error.where, "/in"));
        assert_non_null(
            strstr(input.error.text, "cef, ecs, generic, leef, logrhythm, "));
        assert_string_equal(input.chosen, "");
    }
    stand_close(stand);
}

/* Strangers write what stands in a log: what begins as text has no objects,
 * and what begins with one has no text. */
static void auto_keeps_to_the_form_of_the_first_record(void **state)
{
    static const char *const texts[] = {
        "{garbage \n" SSHD,
        " garbage \n\t{\"AlarmRuleName\":\"x\"} \n",
    };
    struct stand *stand = *state;

    stand_open(stand);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        place_file(&stand->place, "in", texts[i]);
        assert_int_not_equal(whole(stand, "in", "auto").error.code, 0);
        assert_int_equal(flow_counts(stand->flow)->alarms, 0);
    }
    stand_close(stand);
}

/* More blanks, and more records that do not fit, than one read takes. */
static void auto_waits_as_long_as_it_takes(void **state)
{
    struct stand *stand = *state;
    struct buf text = {0};
    struct input input;

    for (int i = 0; i < 1000000; i++)
        buf_add_text(&text, "    \n");
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "%01000d\n", i);
    buf_add_text(&text, SSHD);
    place_write(&stand->place, "in", text.data, text.len);
    buf_free(&text);
    stand_open(stand);
    input = whole(stand, "in", "auto");
    assert_string_equal(input.chosen, "sshd");
    assert_int_equal(alarms(stand), 1);
    assert_int_equal(flow_counts(stand->flow)->skipped, 3000);
    stand_close(stand);
}

static void an_unknown_source_or_file_does_not_open(void **state)
{
    struct stand *stand = *state;
    struct input input;
    char *path = path_of(stand, "none");

    stand_open(stand);
    assert_int_equal(begin(stand, &input, path, "auto", false), ERROR_SYSTEM);
    assert_int_equal(begin(stand, &input, path, "sshh", false),
                     ERROR_NOT_FOUND);
    assert_int_equal(begin(stand, &input, stand->place.path, "auto", false),
                     ERROR_SYSTEM);
    stand_close(stand);
    free(path);
}

/* Records longer than a chunk, across chunks, and one too long. */
static void records_may_be_of_any_length_to_the_limit(void **state)
{
    struct stand *stand = *state;
    struct buf text = {0};
    size_t lengths[] = {100,    262143,  262144,  262145,
                        700000, 1048576, 1048577, 50};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t len = lengths[i] - strlen("{\"n\":0,\"x\":\"\"}");

        buf_printf(&text, "{\"n\":%zu,\"x\":\"", i);
        memset(buf_room(&text, len), 'x', len);
        text.len += len;
        buf_add_text(&text, "\"}\n");
    }
    place_write(&stand->place, "in", text.data, text.len);
    buf_free(&text);
    stand_open(stand);
    whole(stand, "in", "generic");
    assert_int_equal(alarms(stand), 7);
    assert_int_equal(flow_counts(stand->flow)->refused, 1);
    assert_true(stand_has_said(stand, "in:7 refused: "));
    stand_close(stand);
}

static void a_fifo_is_read_while_it_is_written(void **state)
{
    struct stand *stand = *state;
    char *path = path_of(stand, "fifo");
    struct input input;
    int fd;

    assert_int_equal(mkfifo(path, 0600), 0);
    stand_open(stand);
    /* It has no writer yet: that is not its end. */
    assert_int_equal(begin(stand, &input, path, "auto", false), 0);
    for (int i = 0; i < 3; i++)
        uv_run(engine_loop(stand->engine), UV_RUN_NOWAIT);
    assert_int_equal(input.ended, 0);
    fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"AlarmRuleName\":1}\n{\"a\"", 24), 24);
    while (alarms(stand) < 1)
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    assert_int_equal(write(fd, ":2}\n", 4), 4);
    while (alarms(stand) < 2)
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    close(fd);
    finish(stand, &input);
    assert_int_equal(alarms(stand), 2);
    stand_close(stand);
    free(path);
}

/* ---- following --------------------------------------------------------- */

static void append(const struct stand *stand, const char *name,
                   const char *text)
{
    char *path = path_of(stand, name);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    free(path);
}

static void until(struct stand *stand, int64_t count)
{
    while (alarms(stand) < count)
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    stand_work(stand);
    assert_int_equal(alarms(stand), count);
}

static void a_followed_file_goes_on(void **state)
{
    struct stand *stand = *state;
    char *path = path_of(stand, "log");
    struct input input;

    append(stand, "log", "{\"a\":1}\n{\"a\":");
    stand_open(stand);
    assert_int_equal(begin(stand, &input, path, "generic", true), 0);
    until(stand, 1);
    append(stand, "log", "2}");
    /* Time for two looks: a last line counts once its LF is there. */
    uv_sleep(2 * READING_FOLLOW_MS);
    for (int i = 0; i < 5; i++)
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    assert_int_equal(alarms(stand), 1);
    append(stand, "log", "\n{\"a\":3}\n");
    until(stand, 3);
    assert_int_equal(input.ended, 0);
    intake_close(input.intake);
    stand_close(stand);
    free(path);
}

static void a_followed_file_may_be_rotated_or_truncated(void **state)
{
    struct stand *stand = *state;
    char *path = path_of(stand, "log"), *old = path_of(stand, "log.1");
    struct input input;

    append(stand, "log", "{\"a\":1}\n{\"last\":true}");
    stand_open(stand);
    assert_int_equal(begin(stand, &input, path, "auto", true), 0);
    until(stand, 1);
    assert_int_equal(rename(path, old), 0);
    append(stand, "log", "{\"a\":1}\n");
    /* The old one's last line will get no LF any more, and the same first
     * line in another file is the same input to its digest: a duplicate. */
    until(stand, 2);
    while (flow_counts(stand->flow)->duplicates < 1)
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    append(stand, "log", "{\"a\":4}\n");
    until(stand, 3);
    assert_int_equal(truncate(path, 0), 0);
    append(stand, "log", "{\"b\":1}\n");
    until(stand, 4);
    intake_close(input.intake);
    stand_close(stand);
    free(path);
    free(old);
}

static void a_followed_file_goes_on_until_a_source_fits(void **state)
{
    struct stand *stand = *state;
    char *path = path_of(stand, "log"), *old = path_of(stand, "log.1");
    struct input input;

    append(stand, "log", "garbage\n[");
    stand_open(stand);
    assert_int_equal(begin(stand, &input, path, "auto", true), 0);
    while (flow_counts(stand->flow)->skipped < 1)
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    assert_int_equal(rename(path, old), 0);
    append(stand, "log", "[");
    while (flow_counts(stand->flow)->skipped < 2) /* the old one's last */
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    append(stand, "log", "{\"AlarmRuleName\":1},");
    until(stand, 1);
    assert_string_equal(input.chosen, "generic");
    append(stand, "log", "{\"a\":2}]");
    until(stand, 2);
    assert_int_equal(input.ended, 0);
    intake_close(input.intake);
    stand_close(stand);
    free(path);
    free(old);
}

static void after_a_swap_the_new_source_decodes(void **state)
{
    static const char source[] =
        "return { name = 's', format = 'lines', prefix = '^',\n"
        "  patterns = { { re = '%s (?<Login>.*)',\n"
        "    fields = { AlarmRuleName = 'x' } } } }\n";
    struct stand *stand = *state;
    char *path = path_of(stand, "log");
    struct input input;
    struct set *set;
    char *text;

    text = alloc_printf(source, "old");
    place_file(&stand->place, "sources/s.lua", text);
    free(text);
    append(stand, "log", "old a\nnew b\n");
    stand_open(stand);
    assert_int_equal(begin(stand, &input, path, "s", true), 0);
    until(stand, 1);
    text = alloc_printf(source, "new");
    place_file(&stand->place, "sources/s.lua", text);
    free(text);
    set = place_load(&stand->place);
    flow_swap(stand->flow, set);
    set_unref(set);
    append(stand, "log", "old c\nnew d\n");
    until(stand, 2);
    place_unlink(&stand->place, "sources/s.lua");
    set = place_load(&stand->place);
    flow_swap(stand->flow, set);
    set_unref(set);
    append(stand, "log", "old e\nnew f\n");
    until(stand, 3);
    intake_close(input.intake);
    stand_close(stand);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAND_TEST(files_are_read_to_their_end),
        STAND_TEST(auto_looks_at_the_first_record),
        STAND_TEST(auto_waits_for_a_record_that_fits),
        STAND_TEST(auto_keeps_to_the_form_of_the_first_record),
        STAND_TEST(auto_waits_as_long_as_it_takes),
        STAND_TEST(where_no_source_fits_their_names_are_said),
        STAND_TEST(an_unknown_source_or_file_does_not_open),
        STAND_TEST(records_may_be_of_any_length_to_the_limit),
        STAND_TEST(a_fifo_is_read_while_it_is_written),
        STAND_TEST(a_followed_file_goes_on),
        STAND_TEST(a_followed_file_may_be_rotated_or_truncated),
        STAND_TEST(a_followed_file_goes_on_until_a_source_fits),
        STAND_TEST(after_a_swap_the_new_source_decodes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
