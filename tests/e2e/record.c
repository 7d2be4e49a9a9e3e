/* A recorder for tests that start it many thousand times: appends its second
 * word, with ? for each LF, as a line to the file of its first word in
 * $RIPOSTE_STATE, at once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 4096 };

int main(int argc, char **argv)
{
    const char *state = getenv("RIPOSTE_STATE");
    char line[LONGEST];
    int fd, len;

    if (argc != 3 || !state || (mkdir(state, 0700) && errno != EEXIST) ||
        chdir(state))
        return 2;
    for (char *at = strchr(argv[2], '\n'); at; at = strchr(at, '\n'))
        *at = '?';
    len = snprintf(line, sizeof line, "%s\n", argv[2]);
    fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return len < 0 || len >= LONGEST || fd < 0 ||
           write(fd, line, (size_t)len) != len;
}
