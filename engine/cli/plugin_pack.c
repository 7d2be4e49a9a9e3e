#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/examine.h"
#include "cli/file.h"
#include "cli/print.h"
#include "model/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* https://reproducible-builds.org: the time that whoever builds wants things
 * to be dated with. Negative: none is given. */
static int given_time(int64_t *time, struct error *error)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;

    *time = -1;
    if (!text || !*text)
        return 0;
    errno = 0;
    *time = strtoll(text, &end, 10);
    if (*end || errno || *time < 0)
        return error_set(error, ERROR_INVALID,
                         "SOURCE_DATE_EPOCH=\"%s\" is no number of seconds "
                         "since 1970",
                         text);
    return 0;
}

static int write_all(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t done = write(fd, bytes.data, bytes.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        bytes.data += done;
        bytes.len -= (size_t)done;
    }
    return 0;
}

/* Whole or not at all: written beside and renamed. */
static int write_file(const char *path, struct str bytes, struct error *error)
{
    char *beside = alloc_printf("%s.%ld.new", path, (long)getpid());
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int status = 0;

    if (fd < 0 || write_all(fd, bytes) || fsync(fd) || rename(beside, path)) {
        status =
            error_at(error, ERROR_SYSTEM, path, 0, 0, "%s", strerror(errno));
        if (fd >= 0)
            unlink(beside);
    }
    if (fd >= 0)
        close(fd);
    free(beside);
    return status;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return !strncmp(path, folder, len) && (!path[len] || path[len] == '/');
}

/* An overlay that is beside the manifest and not in the payload. */
static int read_overlay(const struct plugin *plugin, struct buf *overlay,
                        struct error *error)
{
    enum { OVERLAY_MAX = 1 << 20 }; /* overlay_apply itself takes far less */
    char *path = plugin_overlay(plugin->where);
    char *real = path ? realpath(path, NULL) : NULL;
    int status = 0;

    if (real && !lies_in(real, plugin->folder))
        status = file_read(path, OVERLAY_MAX, overlay, error);
    free(real);
    free(path);
    return status;
}

/* Inside the folder the package would be part of the next one. */
static int check_output(const char *output, const char *folder,
                        struct error *error)
{
    const char *slash = strrchr(output, '/');
    char *above = slash ? alloc_copy(output, (size_t)(slash - output) + 1)
                        : alloc_text(".");
    char *real = realpath(above, NULL);
    int status = 0;

    if (!real)
        status =
            error_at(error, ERROR_SYSTEM, above, 0, 0, "%s", strerror(errno));
    else if (lies_in(real, folder))
        status = error_set(error, ERROR_INVALID,
                           "the package would lie in the folder that it is "
                           "made of; give another place with --output");
    free(real);
    free(above);
    return status;
}

static void say(const struct args *args, const struct package *package,
                const struct plugin *plugin, const char *output)
{
    struct buf buf = {0};
    char hex[HASH_HEX];

    hash_hex(buf_str(&package->bytes), hex);
    if (args->json) {
        struct json_out out = print_begin(&buf, "pack");

        json_text(&out, "plugin", plugin->name);
        json_int(&out, "version", plugin->version);
        json_text(&out, "guid", package->guid);
        json_bool(&out, "guid_added", package->guid_added);
        json_text(&out, "file", output);
        json_int(&out, "bytes", (int64_t)package->bytes.len);
        json_text(&out, "sha256", hex);
        print_end(&out);
    } else {
        print_text(&buf, output);
        buf_printf(&buf, ": %zu bytes, sha256 %s\n", package->bytes.len, hex);
        print_out(&buf);
    }
    buf_free(&buf);
    if (package->guid_added)
        log_line("warning: %s: no Guid; the package has Guid=\"%s\", of this "
                 "very manifest. Put it in, so that the next version is known "
                 "as one",
                 plugin->where, package->guid);
}

static int pack(const struct args *args, const struct plugin *plugin,
                struct str manifest, struct error *error)
{
    struct package_source source = {.plugin = plugin, .manifest = manifest};
    struct package package = {0};
    const char *output = args_value(args, "--output");
    struct buf overlay = {0};
    int status = given_time(&source.time, error);

    if (!status)
        status = read_overlay(plugin, &overlay, error);
    source.overlay = buf_str(&overlay);
    if (!status)
        status = package_pack(&source, &package, error);
    if (!status) {
        output = output ? output : package.name;
        status = check_output(output, plugin->folder, error);
    }
    if (!status)
        status = write_file(output, buf_str(&package.bytes), error);
    if (!status)
        say(args, &package, plugin, output);
    package_free(&package);
    buf_free(&overlay);
    return status;
}

static int run(const struct args *args)
{
    struct problems problems = {0};
    struct buf manifest = {0};
    struct plugin *plugin =
        examine_plugin(args->items[0], &manifest, &problems);
    int status = EXIT_FAILED_RUN;
    struct error error;

    for (size_t i = 0; i < problems.len; i++)
        print_problem(&problems.items[i], args->json);
    if (plugin) {
        status = EXIT_WELL;
        if (pack(args, plugin, buf_str(&manifest), &error)) {
            log_error(&error);
            status = EXIT_USAGE;
        }
    }
    plugin_free(plugin);
    buf_free(&manifest);
    problems_free(&problems);
    return status;
}

static const struct option options[] = {
    {"--output", "-o", "FILE", "the package (default: its usual name, here)",
     false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_plugin_pack = {
    .name = "plugin pack",
    .arguments = "FOLDER",
    .summary = "Make a package (.lpi) of a plugin's folder",
    .detail =
        "The package has LogRhythm's layout and a manifest as its packager "
        "writes it, and\nimports there too. Its usual name is "
        "ARPlugin_GUID_YYYYMMDD.lpi; the day is that of\nSOURCE_DATE_EPOCH, or "
        "of the newest file. The same files give the same bytes.\n\n"
        "Example: riposte plugin pack plugins/ticket --output ticket.lpi\n",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
