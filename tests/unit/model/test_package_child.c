#include "model/package_inner.h"

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* What runs in the process: each says one byte, whether it could. */
static void say(bool could)
{
    char word = could ? 'y' : 'n';

    if (write(STDOUT_FILENO, &word, 1) != 1)
        _exit(2);
}

static void try_everything(void *arg)
{
    const char *folder = arg;
    char *file = alloc_printf("%s/made", folder);
    char byte;

    say(read(STDIN_FILENO, &byte, 1) == 1 && byte == 'x');
    say(open("/etc/passwd", O_RDONLY) >= 0);
    say(open(file, O_WRONLY | O_CREAT, 0600) >= 0);
    say(mkdir(file, 0700) == 0);
    say(unlink(folder) == 0 || rmdir(folder) == 0);
    say(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    say(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    say(fork() >= 0);
    say(execl("/bin/true", "true", NULL) == 0);
    say(kill(getppid(), 0) == 0);
    say(chdir("/") == 0);
    for (int fd = 3; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0 || read(fd, &byte, 1) >= 0)
            say(true);
    free(file);
}

static void can_do_nothing_else(void **state)
{
    struct child child;
    char word[16] = {0};
    int fd;

    put_text(state, "in", "x");
    fd = open(in_place(state, "in"), O_RDONLY);
    assert_int_equal(child_start(&child, fd, try_everything, *state, "p", NULL),
                     0);
    assert_int_equal(child_read(&child, word, 11), 0);
    assert_string_equal(word, "ynnnnnnnnnn");
    assert_int_equal(child_read(&child, word, 1), ERROR_SYSTEM);
    child_end(&child);
    close(fd);
    assert_int_equal(access(in_place(state, "made"), F_OK), -1);
}

static void wait_for_ever(void *arg)
{
    char byte;

    (void)arg;
    for (;;)
        if (read(STDIN_FILENO, &byte, 1) < 0)
            say(false);
}

/* A line of /proc/PID/FILE that begins so. */
static char *proc_line(pid_t pid, const char *name, const char *begin)
{
    char *path = alloc_printf("/proc/%d/%s", (int)pid, name), line[256];
    FILE *file = fopen(path, "r");
    char *found = NULL;

    assert_non_null(file);
    while (!found && fgets(line, sizeof line, file))
        if (!strncmp(line, begin, strlen(begin)))
            found = alloc_text(line);
    fclose(file);
    free(path);
    assert_non_null(found);
    return found;
}

static void check_limit(pid_t pid, const char *name, long most)
{
    char *line = proc_line(pid, "limits", name), *soft = line + strlen(name);

    assert_int_equal(strtol(soft, &soft, 10), most);
    assert_int_equal(strtol(soft, NULL, 10), most);
    free(line);
}

static void is_limited(void **state)
{
    struct child child;
    int ends[2];
    char *line;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(
        child_start(&child, ends[0], wait_for_ever, NULL, "p", NULL), 0);
    check_limit(child.pid, "Max cpu time", CHILD_CPU_MAX);
    check_limit(child.pid, "Max file size", 0);
    check_limit(child.pid, "Max core file size", 0);
    check_limit(child.pid, "Max open files", 0);
#ifndef __SANITIZE_ADDRESS__
    check_limit(child.pid, "Max data size", CHILD_MEMORY_MAX);
#endif
    line = proc_line(child.pid, "status", "Seccomp:\t2");
    free(line);
    line = proc_line(child.pid, "status", "NoNewPrivs:\t1");
    free(line);
    child_end(&child);
    assert_int_equal(kill(child.pid, 0), -1);
    assert_int_equal(waitpid(child.pid, NULL, 0), -1);
    close(ends[0]);
    close(ends[1]);
}

static void take_memory(void *arg)
{
    const size_t whole = CHILD_MEMORY_MAX, part = whole / 2;
    char *first, *second;

    (void)arg;
    first = malloc(part);
    say(first);
    second = malloc(part);
    say(second);
    free(first);
    free(second);
}

static void has_no_more_memory(void **state)
{
    struct child child;
    char word[3] = {0};
    int fd = open("/dev/null", O_RDONLY);

    (void)state;
#ifdef __SANITIZE_ADDRESS__
    close(fd);
    skip(); /* the sanitizer maps more than that for itself */
#endif
    assert_int_equal(child_start(&child, fd, take_memory, NULL, "p", NULL), 0);
    assert_int_equal(child_read(&child, word, 2), 0);
    assert_string_equal(word, "yn");
    child_end(&child);
    close(fd);
}

static void die(void *arg)
{
    (void)arg;
    say(true);
    _exit(3);
}

static void may_die(void **state)
{
    struct child child;
    int fd = open("/dev/null", O_RDONLY);
    char word;

    (void)state;
    assert_int_equal(child_start(&child, fd, die, NULL, "p", NULL), 0);
    assert_int_equal(child_read(&child, &word, 1), 0);
    assert_int_equal(child_read(&child, &word, 1), ERROR_SYSTEM);
    child_end(&child);
    close(fd);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(can_do_nothing_else),
        TEST(is_limited),
        TEST(has_no_more_memory),
        TEST(may_die),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
