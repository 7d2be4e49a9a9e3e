#include "cli/doctor.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/version.h"
#include "exec/client.h"
#include "journal/journal.h"
#include "model/package.h"
#include "model/regex.h"
#include "model/timezone.h"
#include "model/xml.h"
#include "policy/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The executor is small; with sanitizers it has 4 MiB. */
enum { EXECUTOR_MAX = 32 * 1024 * 1024 };
enum { RULES_MAX = 8 }; /* bytes of a version of tzdata; they have 5 */

/* Does the file hold that text? It is read instead of asked, since this
 * program starts none. Returns 1, 0, or -1 and errno. */
static int holds(const char *path, const char *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct buf body = {0};
    ssize_t got = fd < 0 ? -1 : 1;
    int found = -1;

    while (got > 0 && body.len < EXECUTOR_MAX) {
        got = read(fd, buf_room(&body, 1 << 20), 1 << 20);
        body.len += got > 0 ? (size_t)got : 0;
    }
    if (got >= 0)
        found = memmem(body.data, body.len, text, strlen(text)) ? 1 : 0;
    buf_free(&body);
    if (fd >= 0)
        close(fd);
    return found;
}

static void look_executor(struct doctor *doctor, const char *name)
{
    static const char advice[] = "install riposte and riposte-exec together";
    struct error error = {0};
    char *path = exec_client_program(&error);
    int found = path ? holds(path, "riposte-exec " RIPOSTE_VERSION) : 0;

    if (!path)
        doctor_fault(doctor, name, "mount /proc", "%s", error.text);
    else if (found < 0 || access(path, X_OK))
        doctor_fault(doctor, name, advice, "%s: %s", path, strerror(errno));
    else if (!found)
        doctor_fault(doctor, name, advice, "%s is not of version %s", path,
                     RIPOSTE_VERSION);
    else
        doctor_well(doctor, name, "%s, version %s", path, RIPOSTE_VERSION);
    free(path);
}

static int uv_library(const char **version, struct error *error)
{
    (void)error;
    *version = uv_version_string();
    return 0;
}

static const struct {
    const char *name;
    int (*ask)(const char **version, struct error *error);
} libraries[] = {
    {"Lua", policy_library},         {"SQLite", journal_library},
    {"libuv", uv_library},           {"PCRE2", regex_library},
    {"libxml2", xml_library},        {"simdjson", json_library},
    {"ICU", timezone_library},       {"OpenSSL", hash_library},
    {"libarchive", package_library},
};

static void look_libraries(struct doctor *doctor, const char *name)
{
    (void)name;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        const char *version = "";
        struct error error = {0};

        if (libraries[i].ask(&version, &error))
            doctor_fault(doctor, libraries[i].name,
                         "install the distribution's own", "%s: %s", version,
                         error.text);
        else
            doctor_well(doctor, libraries[i].name, "%s", version);
    }
}

static void look_jit(struct doctor *doctor, const char *name)
{
    struct error error = {0};

    if (regex_jit(&error))
        doctor_warn(doctor, name,
                    "allow it (systemd: MemoryDenyWriteExecute=no), or take "
                    "slower matching",
                    "%s", error.text);
    else
        doctor_well(doctor, name, "works in this process");
}

/* The version of the machine's own rules, "2025b", out of the first line of
 * tzdata.zi ("# version 2025b"); empty where it has none. */
static void machine_rules(char version[RULES_MAX + 1])
{
    FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "re");

    version[0] = '\0';
    if (!file)
        return;
    if (fscanf(file, "# version %8[0-9a-z]", version) != 1)
        version[0] = '\0';
    fclose(file);
}

/* ICU's rules age with it, and go on where the machine's end (tzif.h). */
static void look_rules(struct doctor *doctor, const char *name)
{
    char machine[RULES_MAX + 1];
    const char *version = "";
    struct error error = {0};

    machine_rules(machine);

    if (timezone_rules(&version, &error))
        doctor_fault(doctor, name, "install libicu again", "%s", error.text);
    else if (!*machine)
        doctor_warn(doctor, name, "install tzdata: its updates bring new rules",
                    "rules of %s, by ICU; this machine has none", version);
    else
        doctor_well(doctor, name, "rules of %s; ICU's are of %s", machine,
                    version);
}

const struct doctor_check doctor_program[] = {
    {"program", "executor", look_executor},
    {"program", "libraries", look_libraries},
    {"program", "regex JIT", look_jit},
    {"program", "time zones", look_rules},
};
const size_t doctor_program_count =
    sizeof doctor_program / sizeof *doctor_program;
