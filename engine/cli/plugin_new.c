#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/install.h"
#include "cli/print.h"
#include "cli/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* NAME, GUID and FOLDER are filled in. It asks something, so that it may be
 * tried at once; what changes something begins as "remediation". */
static const char manifest[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<remv1:Remediation-Plugin xmlns:remv1=\"RemediationVersion1.xsd\" "
    "Name=\"@NAME@\" Version=\"1\" Guid=\"@GUID@\" "
    "IsLogRhythmPlugin=\"false\">\n"
    "  <remv1:Action Name=\"Look up host\" Command=\"sh\">\n"
    "    <remv1:ConstantParameter Name=\"Script\" Switch=\"lookup.sh\" "
    "Order=\"1\" />\n"
    "    <remv1:StringParameter Name=\"Host\" Switch=\"\" Order=\"2\">\n"
    "      <remv1:DefaultInput>\n"
    "        <remv1:DHostName />\n"
    "      </remv1:DefaultInput>\n"
    "    </remv1:StringParameter>\n"
    "  </remv1:Action>\n"
    "</remv1:Remediation-Plugin>\n";

static const char overlay[] =
    "<Overlay xmlns=\"urn:riposte:overlay:1\">\n"
    "  <Action Name=\"Look up host\" Kind=\"context\" Timeout=\"10s\">\n"
    "    <Parameter Name=\"Host\" Type=\"host\" Required=\"true\"/>\n"
    "  </Action>\n"
    "</Overlay>\n";

static const char script[] =
    "#!/bin/sh\n"
    "# Look up host: what the parameters say comes as arguments, in their\n"
    "# Order. JSON on stdout is .json in a policy; anything on stderr, or an\n"
    "# exit status other than 0, is a failure.\n"
    "set -eu\n"
    "\n"
    "printf '{\"host\":\"%s\",\"known\":false}\\n' \"$1\"\n";

static const char readme[] =
    "# @NAME@\n"
    "\n"
    "What it does, for whom, and what it needs.\n"
    "\n"
    "| action | parameters | does |\n"
    "| --- | --- | --- |\n"
    "| Look up host | Host | answers as JSON: `host`, `known` |\n"
    "\n"
    "    riposte plugin check plugins/@FOLDER@\n"
    "    riposte act \"@NAME@\" \"Look up host\" -p host=example.org\n"
    "    riposte plugin pack plugins/@FOLDER@\n";

static const struct skeleton {
    const char *name, *text;
    mode_t mode;
} skeletons[] = {
    {"actions.xml", manifest, 0644},
    {"riposte.xml", overlay, 0644},
    {"lookup.sh", script, 0755},
    {"README.md", readme, 0644},
};
enum { SKELETONS = sizeof skeletons / sizeof *skeletons };

struct making {
    const char *name;
    char *xml_name; /* owned: escaped */
    char *folder;   /* owned: below plugins/ */
    char guid[37];
};

/* RFC 9562, version 4. */
static int make_guid(char guid[37], struct error *error)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    size_t at = 0;

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return error_set(error, ERROR_SYSTEM, "no random bytes: %s",
                         strerror(errno));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            guid[at++] = '-';
        guid[at++] = digits[bytes[i] >> 4];
        guid[at++] = digits[bytes[i] & 15];
    }
    guid[at] = '\0';
    return 0;
}

static char *escaped(const char *text)
{
    struct buf buf = {0};

    for (; *text; text++)
        switch (*text) {
        case '&':
            buf_add_text(&buf, "&amp;");
            break;
        case '<':
            buf_add_text(&buf, "&lt;");
            break;
        case '"':
            buf_add_text(&buf, "&quot;");
            break;
        default:
            buf_add_byte(&buf, *text);
        }
    return buf_take(&buf);
}

static int check_name(const char *name, struct error *error)
{
    enum { LONGEST = 100 }; /* the longest name of a real plugin has 50 */
    struct str text = str_of(name);

    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return error_set(error, ERROR_INVALID,
                             "a plugin's name is one line of text");
    if (!str_utf8(text) || text.len > LONGEST || !str_trim(text).len)
        return error_set(error, ERROR_INVALID,
                         "a plugin's name is text of 1 to %d bytes, in UTF-8",
                         LONGEST);
    return 0;
}

static void fill(const struct making *making, bool xml, const char *text,
                 struct buf *out)
{
    while (*text) {
        if (!strncmp(text, "@NAME@", 6)) {
            buf_add_text(out, xml ? making->xml_name : making->name);
            text += 6;
        } else if (!strncmp(text, "@GUID@", 6)) {
            buf_add_text(out, making->guid);
            text += 6;
        } else if (!strncmp(text, "@FOLDER@", 8)) {
            buf_add_text(out, making->folder);
            text += 8;
        } else {
            buf_add_byte(out, *text++);
        }
    }
}

static int write_one(const struct making *making, const char *folder,
                     const struct skeleton *skeleton, struct error *error)
{
    char *path = alloc_printf("%s/%s", folder, skeleton->name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct buf text = {0};
    int status = 0;

    fill(making, strstr(skeleton->name, ".xml"), skeleton->text, &text);
    if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len ||
        fchmod(fd, skeleton->mode) || fsync(fd))
        status = error_at(error, ERROR_SYSTEM, path, 0, 0,
                          "cannot be written: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    free(path);
    return status;
}

/* Beside the plugins, and then among them. */
static int write_all(struct install *install, const struct making *making,
                     struct error *error)
{
    int status = 0;

    if (mkdir(install->aside, 0700) || chmod(install->aside, 0755))
        status = error_at(error, ERROR_SYSTEM, install->aside, 0, 0,
                          "cannot be made: %s", strerror(errno));
    for (size_t i = 0; i < SKELETONS && !status; i++)
        status = write_one(making, install->aside, &skeletons[i], error);
    return status ? status : install_add(install, making->folder, error);
}

static void say(const struct args *args, const struct making *making)
{
    struct buf buf = {0};

    if (args->json) {
        struct json_out out = print_begin(&buf, "new");

        json_text(&out, "plugin", making->name);
        json_text(&out, "guid", making->guid);
        json_text(&out, "folder", making->folder);
        print_end(&out);
    } else {
        buf_printf(&buf, "new: plugins/%s:", making->folder);
        for (size_t i = 0; i < SKELETONS; i++)
            buf_printf(&buf, " %s", skeletons[i].name);
        buf_add_byte(&buf, '\n');
        print_out(&buf);
    }
    buf_free(&buf);
}

static int check_free(const struct args *args, const char *name,
                      struct error *error)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    const struct plugin *there;

    if (!set)
        return error_set(error, ERROR_INVALID, "the site does not load");
    there = catalogue_plugin(&set->catalogue, name, NULL);
    if (there)
        error_set(error, ERROR_INVALID, "there is a plugin \"%s\" already: %s",
                  there->name, there->where);
    set_unref(set);
    return there ? ERROR_INVALID : 0;
}

static int make(const struct args *args, struct making *making,
                struct error *error)
{
    struct install install;
    int status = install_begin(&install, args->site, error);

    if (!status)
        status = check_free(args, making->name, error);
    if (!status)
        status = write_all(&install, making, error);
    install_end(&install);
    return status;
}

static int run(const struct args *args)
{
    struct making making = {.name = args->items[0]};
    struct error error;
    int status = check_name(making.name, &error);

    if (!status)
        status = make_guid(making.guid, &error);
    if (!status) {
        making.xml_name = escaped(making.name);
        making.folder = plugin_folder_name(making.name);
        status = make(args, &making, &error);
    }
    if (status)
        log_error(&error);
    else
        say(args, &making);
    free(making.xml_name);
    free(making.folder);
    if (status == ERROR_BUSY)
        return EXIT_BUSY;
    return status ? EXIT_USAGE : EXIT_WELL;
}

const struct command command_plugin_new = {
    .name = "plugin new",
    .arguments = "NAME",
    .summary = "Write the skeleton of a plugin into the site",
    .detail =
        "The new folder below plugins/ has an actions.xml, a riposte.xml, a "
        "script and a\nREADME.md. It passes plugin check, runs, and packs.\n\n"
        "Example: riposte plugin new \"Asset Owner\"\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
