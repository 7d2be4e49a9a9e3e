#include "cli/licence.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/rtf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LICENCE_MAX = 1 << 20 }; /* the GPL has 35 KB; RTF is wordier */

static int is_licence(const struct dirent *entry)
{
    static const char *const names[] = {"license", "licence"};
    static const char *const suffixes[] = {"", ".rtf", ".txt", ".md"};
    struct str name = str_of(entry->d_name);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
            char *whole = alloc_printf("%s%s", names[i], suffixes[k]);
            bool same = str_same_nocase(name, str_of(whole));

            free(whole);
            if (same)
                return 1;
        }
    return 0;
}

/* The first by name; NULL: there is none. */
static char *find(const char *payload)
{
    struct dirent **entries;
    int count = scandir(payload, &entries, is_licence, alphasort);
    char *path = NULL;

    for (int i = 0; i < count; i++) {
        if (!path)
            path = alloc_printf("%s/%s", payload, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return path;
}

static void show_lines(struct str text)
{
    struct buf buf = {0};

    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        struct str line = {text.data, len};

        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        print_safe(&buf, line);
        buf_add_byte(&buf, '\n');
        len += end ? 1 : 0;
        text.data += len;
        text.len -= len;
    }
    print_out(&buf);
    buf_free(&buf);
}

static void show(const struct args *args, const char *name, const char *digest,
                 struct str document)
{
    struct buf text = {0}, buf = {0};
    struct json_out out;

    rtf_text(document, &text);
    if (args->json) {
        out = print_begin(&buf, "licence");
        json_text(&out, "file", name);
        json_text(&out, "sha256", digest);
        json_bool(&out, "accepted", args_has(args, "--accept-license"));
        json_str(&out, "text", buf_str(&text));
        print_end(&out);
        buf_free(&buf);
    } else {
        show_lines(buf_str(&text));
    }
    buf_free(&text);
}

/* Only whoever can read it, and be asked, can say yes. */
static bool asked(const struct args *args, const char *name)
{
    char answer[16];

    if (args->json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) ||
        !isatty(STDOUT_FILENO))
        return false;
    fprintf(stderr, "Accept %s? [y/N] ", name);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

static int record(const char *state, const char *digest, struct error *error)
{
    char *folder = alloc_printf("%s/licences", state);
    char *file = alloc_printf("%s/%s", folder, digest);
    int fd = -1, status = 0;

    if ((mkdir(state, 0700) && errno != EEXIST) ||
        (mkdir(folder, 0700) && errno != EEXIST) ||
        (fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) < 0)
        status =
            error_at(error, ERROR_SYSTEM, file, 0, 0,
                     "the licence cannot be recorded: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    free(file);
    free(folder);
    return status;
}

static bool recorded(const char *state, const char *digest)
{
    char *file = alloc_printf("%s/licences/%s", state, digest);
    bool found = !access(file, F_OK);

    free(file);
    return found;
}

static int settle(const struct args *args, const char *path, const char *state,
                  struct str document, struct error *error)
{
    const char *name = strrchr(path, '/') + 1;
    char digest[HASH_HEX];

    hash_hex(document, digest);
    if (recorded(state, digest))
        return 0;
    show(args, name, digest, document);
    if (args_has(args, "--accept-license") || asked(args, name))
        return record(state, digest, error);
    return error_set(error, ERROR_INVALID,
                     "its licence (%s, above) is not accepted; read it, and "
                     "import with --accept-license",
                     name);
}

int licence_accept(const struct args *args, const char *payload,
                   const char *state, struct error *error)
{
    char *path = find(payload);
    struct buf document = {0};
    int status;

    if (!path)
        return 0;
    status = file_read(path, LICENCE_MAX, &document, error);
    if (!status)
        status = settle(args, path, state, buf_str(&document), error);
    buf_free(&document);
    free(path);
    return status;
}
