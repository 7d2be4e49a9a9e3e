#include "serve/inputs.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/intake.h"
#include "serve/door.h"

#include <stdlib.h>

struct input {
    struct inputs *inputs;
    struct intake *file;          /* NULL: it is none, or closed */
    const struct door_kind *kind; /* of the socket; NULL: there is none */
    void *door;                   /* owned: the socket */
};

struct inputs {
    struct inputs_config config;
    struct input *items; /* owned */
    size_t len;
};

/* ---- files ------------------------------------------------------------- */

/* A pipe ends when its writer does; the other inputs go on. */
static void on_ended(void *arg, const struct error *error)
{
    const struct inputs_config *config = &((struct input *)arg)->inputs->config;

    if (error)
        config->failed(config->arg, error);
    else
        log_line("an input has ended: its writer closed it");
}

static void on_chosen(void *arg, const char *path, const char *source)
{
    (void)arg;
    log_line("%s is read as %s", path, source);
}

static int open_file(struct input *input, const char *path, const char *source,
                     struct error *error)
{
    const struct inputs_config *config = &input->inputs->config;

    return intake_open(&input->file,
                       &(struct intake_config){
                           .loop = config->loop,
                           .flow = config->flow,
                           .path = path,
                           .source = source,
                           .follow = true,
                           .ended = on_ended,
                           .chosen = on_chosen,
                           .arg = input,
                       },
                       error);
}

/* ---- sockets ----------------------------------------------------------- */

static void on_drained(void *arg)
{
    const struct inputs_config *config = &((struct input *)arg)->inputs->config;

    config->drained(config->arg);
}

static int open_entry(struct input *input, const struct intake_entry *entry,
                      struct error *error)
{
    static const struct door_kind *const kinds[] = {
        [INTAKE_FOLLOW] = NULL,
        [INTAKE_UNIX] = &door_unix,
        [INTAKE_SYSLOG_UDP] = &door_syslog_udp,
        [INTAKE_SYSLOG_TCP] = &door_syslog_tcp,
    };
    const struct inputs_config *config = &input->inputs->config;
    const struct door_kind *kind = kinds[entry->kind];
    int err;

    if (!kind)
        return open_file(input, entry->path, entry->source, error);
    err = kind->open(&input->door,
                     &(struct door_config){
                         .loop = config->loop,
                         .flow = config->flow,
                         .entry = entry,
                         .drained = on_drained,
                         .arg = input,
                     },
                     error);
    if (!err)
        input->kind = kind;
    return err;
}

/* ---- all of them ------------------------------------------------------- */

static struct input *next_input(struct inputs *inputs)
{
    struct input *input = &inputs->items[inputs->len++];

    input->inputs = inputs;
    return input;
}

int inputs_open(struct inputs **inputs, const struct inputs_config *config,
                struct error *error)
{
    struct inputs *new = ALLOC(struct inputs);
    size_t files = 0;
    int err = 0;

    while (config->follow[files])
        files++;
    new->config = *config;
    new->items =
        alloc_zeroed(files + config->entries->len + 1, sizeof *new->items);
    *inputs = new;
    for (size_t i = 0; i < files && !err; i++)
        err = open_file(next_input(new), config->follow[i], config->source,
                        error);
    for (size_t i = 0; i < config->entries->len && !err; i++)
        err = open_entry(next_input(new), &config->entries->items[i], error);
    return err;
}

void inputs_resume(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->len; i++) {
        struct input *input = &inputs->items[i];

        if (input->file)
            intake_resume(input->file);
        if (input->kind)
            input->kind->resume(input->door);
    }
}

static void close_file(struct input *input)
{
    if (input->file)
        intake_close(input->file);
    input->file = NULL;
}

void inputs_drain(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->len; i++) {
        struct input *input = &inputs->items[i];

        close_file(input);
        if (input->kind)
            input->kind->drain(input->door);
    }
}

bool inputs_idle(const struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->len; i++) {
        const struct input *input = &inputs->items[i];

        if (input->kind && !input->kind->idle(input->door))
            return false;
    }
    return true;
}

void inputs_close(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->len; i++) {
        struct input *input = &inputs->items[i];

        close_file(input);
        if (input->kind)
            input->kind->close(input->door);
    }
}

void inputs_free(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->len; i++)
        if (inputs->items[i].kind)
            inputs->items[i].kind->free(inputs->items[i].door);
    free(inputs->items);
    free(inputs);
}
