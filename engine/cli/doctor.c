#include "cli/doctor.h"

#include "base/alloc.h"
#include "cli/commands.h"
#include "cli/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_COLUMN = 20 }; /* names are padded to this */

static const struct {
    const char *name, *colour;
} results[DOCTOR_RESULTS] = {
    [DOCTOR_OK] = {"ok", "\x1b[32m"},
    [DOCTOR_WARNING] = {"warning", "\x1b[33m"},
    [DOCTOR_FAULT] = {"fault", "\x1b[31m"},
};

static void put_heading(struct doctor *doctor, struct buf *buf)
{
    if (doctor->shown == doctor->group)
        return;
    buf_printf(buf, "%s%s%s%s\n", doctor->shown ? "\n" : "",
               doctor->colour ? "\x1b[1m" : "", doctor->group,
               doctor->colour ? "\x1b[0m" : "");
    doctor->shown = doctor->group;
}

static void put_line(struct doctor *doctor, enum doctor_result result,
                     const char *name, const char *reason, const char *advice)
{
    struct buf buf = {0};
    size_t begin;

    put_heading(doctor, &buf);
    buf_printf(&buf, "  %s%-7s%s  ",
               doctor->colour ? results[result].colour : "",
               results[result].name, doctor->colour ? "\x1b[0m" : "");
    begin = buf.len;
    print_text(&buf, name);
    while (buf.len - begin < NAME_COLUMN)
        buf_add_byte(&buf, ' ');
    buf_add_text(&buf, "  ");
    print_text(&buf, reason);
    buf_add_byte(&buf, '\n');
    if (advice) {
        buf_printf(&buf, "  %-*s-> ", NAME_COLUMN + 11, "");
        print_text(&buf, advice);
        buf_add_byte(&buf, '\n');
    }
    print_out(&buf);
    buf_free(&buf);
}

static void put_object(const struct doctor *doctor, enum doctor_result result,
                       const char *name, const char *reason, const char *advice)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "finding");

    json_text(&out, "group", doctor->group);
    json_text(&out, "check", name);
    json_text(&out, "result", results[result].name);
    json_text(&out, "reason", reason);
    json_text(&out, "advice", advice);
    print_end(&out);
    buf_free(&buf);
}

static void say(struct doctor *doctor, enum doctor_result result,
                const char *name, const char *advice, const char *format,
                va_list args)
{
    char *reason = NULL;

    if (vasprintf(&reason, format, args) < 0)
        alloc_bytes(SIZE_MAX); /* ends the process */
    doctor->counts[result]++;
    if (doctor->json)
        put_object(doctor, result, name, reason, advice);
    else
        put_line(doctor, result, name, reason, advice);
    free(reason);
}

void doctor_well(struct doctor *doctor, const char *name, const char *format,
                 ...)
{
    va_list args;

    va_start(args, format);
    say(doctor, DOCTOR_OK, name, NULL, format, args);
    va_end(args);
}

void doctor_warn(struct doctor *doctor, const char *name, const char *advice,
                 const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(doctor, DOCTOR_WARNING, name, advice, format, args);
    va_end(args);
}

void doctor_fault(struct doctor *doctor, const char *name, const char *advice,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(doctor, DOCTOR_FAULT, name, advice, format, args);
    va_end(args);
}

static void put_sum(const struct doctor *doctor)
{
    const size_t *counts = doctor->counts;
    struct buf buf = {0};

    if (doctor->json) {
        struct json_out out = print_begin(&buf, "doctor");

        json_int(&out, "ok", (int64_t)counts[DOCTOR_OK]);
        json_int(&out, "warnings", (int64_t)counts[DOCTOR_WARNING]);
        json_int(&out, "faults", (int64_t)counts[DOCTOR_FAULT]);
        print_end(&out);
    } else {
        buf_printf(&buf, "\n%zu ok, ", counts[DOCTOR_OK]);
        print_count(&buf, (int64_t)counts[DOCTOR_WARNING], "warning, ",
                    "warnings, ");
        print_count(&buf, (int64_t)counts[DOCTOR_FAULT], "fault\n", "faults\n");
        print_out(&buf);
    }
    buf_free(&buf);
}

static void look(struct doctor *doctor)
{
    const struct {
        const struct doctor_check *checks;
        size_t count;
    } tables[] = {
        {doctor_site, doctor_site_count},
        {doctor_state, doctor_state_count},
        {doctor_program, doctor_program_count},
        {doctor_system, doctor_system_count},
    };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (size_t j = 0; j < tables[i].count; j++) {
            const struct doctor_check *check = &tables[i].checks[j];

            doctor->group = check->group;
            check->look(doctor, check->name);
        }
}

/* The site as it is allowed to be; where that fails, as much of it as there
 * is without running anything that somebody else may have written. */
static struct set *load(const char *site, struct problems *problems,
                        size_t *npolicies)
{
    struct set *set = set_load(site, SET_ALL, problems);
    struct problems ignored = {0};

    if (set) {
        *npolicies = set->npolicies;
        return set;
    }
    set = set_load(site, SET_CATALOGUE | SET_ANYONES, &ignored);
    problems_free(&ignored);
    return set;
}

static int run(const struct args *args)
{
    struct problems problems = {0};
    struct doctor doctor = {.site = args->site,
                            .problems = &problems,
                            .json = args->json,
                            .colour = print_colours(STDOUT_FILENO)};
    struct set *set = load(args->site, &problems, &doctor.npolicies);
    struct settings *settings =
        set ? set->settings
            : settings_compile(NULL, args->site, "riposte.lua", &problems);

    doctor.set = set;
    doctor.state = alloc_text(settings->state);
    doctor.path = settings->path;
    doctor.lanes = settings->lanes;
    look(&doctor);
    put_sum(&doctor);
    free(doctor.state);
    if (!set)
        settings_free(settings);
    set_unref(set);
    problems_free(&problems);
    return doctor.counts[DOCTOR_FAULT] ? EXIT_FAILED_RUN : EXIT_WELL;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "Look at all that riposte and the site need from this machine",
    .detail =
        "Site, permissions, interpreters, state folder, libraries, limits, "
        "kernel, clock.\nNothing is started or written. Exit status 1 where "
        "anything is a fault.\n\nExample: riposte doctor --site /etc/riposte\n",
    .run = run,
};
