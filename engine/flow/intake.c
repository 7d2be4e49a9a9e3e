#include "flow/intake.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/choose.h"
#include "flow/reading.h"
#include "model/framing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 256 * 1024,    /* past this, larger reads gain nothing */
    RECORDS_A_TURN = 2048, /* then the loop looks at its descriptors again */
    HEAD_MAX = 2 * JSON_SIZE_MAX, /* bytes in which a first record must be */
};

struct intake {
    struct intake_config config;
    char *path;       /* owned */
    char *source;     /* owned: its name; NULL: auto has not chosen yet */
    struct set *seen; /* owned reference: the set that was in force */
    struct set *set;  /* owned reference: the one that `decoder` is of */
    const struct source *decoder; /* NULL where source is */
    struct framing *framing;      /* NULL where source is */
    struct buf head;              /* what came before auto has chosen */
    struct reading *reading;
    bool at_end; /* no more bytes of this file will come */
    bool over;   /* ended was called, or it was closed */
};

static void end(struct intake *intake, const struct error *error)
{
    if (intake->over)
        return;
    intake->over = true;
    reading_pause(intake->reading);
    intake->config.ended(intake->config.arg, error);
}

/* ---- the source -------------------------------------------------------- */

static void keep_set(struct set **kept, struct set *set)
{
    set_ref(set);
    set_unref(*kept);
    *kept = set;
}

/* After a reload the source of that name decodes; where the new set has none
 * any more, the old one goes on. */
static void follow_set(struct intake *intake)
{
    struct set *set = flow_set(intake->config.flow);
    const struct source *source;

    if (set == intake->seen)
        return;
    keep_set(&intake->seen, set);
    source = set_source(set, intake->source, NULL);
    if (source && source_format(source) == source_format(intake->decoder)) {
        keep_set(&intake->set, set);
        intake->decoder = source;
    } else {
        log_line("%s: the set in force has no source \"%s\" of that format "
                 "any more; the one before it goes on",
                 intake->path, intake->source);
    }
}

static void begin(struct intake *intake, const struct source *source)
{
    intake->source = alloc_text(source_name(source));
    intake->decoder = source;
    keep_set(&intake->seen, flow_set(intake->config.flow));
    keep_set(&intake->set, intake->seen);
    intake->framing = framing_new(source_format(source));
}

/* Returns 0 where there is a source now, or none is needed yet. */
static int choose(struct intake *intake, struct error *error)
{
    const struct intake_config *config = &intake->config;
    const struct source *source = NULL;
    int found = choose_source(flow_set(config->flow), buf_str(&intake->head),
                              intake->at_end, &source, error);

    if (!found && intake->head.len > HEAD_MAX)
        found = error_set(error, ERROR_LIMIT,
                          "it has no record in its first "
                          "2 MiB; name its --source");
    if (found < 0)
        return error_place(error, intake->path, 0);
    if (!found)
        return 0;
    begin(intake, source);
    framing_push(intake->framing, buf_str(&intake->head));
    buf_free(&intake->head);
    if (config->chosen)
        config->chosen(config->arg, intake->path, intake->source);
    return 0;
}

/* ---- records ----------------------------------------------------------- */

static void offer(struct intake *intake, const struct record *record)
{
    struct flow *flow = intake->config.flow;

    if (record->refused)
        flow_refuse(flow, record->bytes, intake->path, record->line,
                    record->refused);
    else
        flow_offer(flow, intake->decoder, record->bytes,
                   framing_digest(intake->framing), record->offset,
                   intake->path, record->line);
}

/* Returns false where the framing has no more record. */
static bool offer_some(struct intake *intake)
{
    struct record record;

    if (!intake->framing)
        return false;
    follow_set(intake);
    for (int i = 0; i < RECORDS_A_TURN && flow_ready(intake->config.flow);
         i++) {
        if (!framing_next(intake->framing, intake->at_end, &record))
            return false;
        offer(intake, &record);
    }
    return true;
}

static void take(struct intake *intake, struct str bytes)
{
    if (intake->framing)
        framing_push(intake->framing, bytes);
    else
        buf_add_str(&intake->head, bytes);
}

/* ---- reading ----------------------------------------------------------- */

/* A file that follows begins anew: its offsets count from its start, and its
 * first record is another. */
static void start_over(struct intake *intake)
{
    intake->at_end = false;
    if (!intake->framing)
        return;
    framing_free(intake->framing);
    intake->framing = framing_new(source_format(intake->decoder));
}

static void at_end(struct intake *intake)
{
    struct error error = {0};

    intake->at_end = true;
    if (!intake->framing && choose(intake, &error)) {
        end(intake, &error);
        return;
    }
    if (offer_some(intake))
        return; /* the flow is full: intake_resume goes on */
    if (reading_reopened(intake->reading))
        start_over(intake);
    else
        end(intake, NULL);
}

/* The reading has a turn: offers what is there, else reads more. */
static void turn(void *arg)
{
    struct intake *intake = arg;
    struct error error = {0};
    struct str bytes;
    int got;

    if (!flow_ready(intake->config.flow)) {
        reading_pause(intake->reading);
        return;
    }
    if (intake->at_end) {
        at_end(intake);
        return;
    }
    if (offer_some(intake))
        return;
    got = reading_read(intake->reading, CHUNK, &bytes, &error);
    if (got == READING_LATER)
        return;
    if (got == READING_END) {
        at_end(intake);
        return;
    }
    if (got == READING_SHRUNK) {
        log_line("%s was truncated: reading it from its start", intake->path);
        start_over(intake);
        return;
    }
    if (got == READING_BYTES)
        take(intake, bytes);
    if (got < 0 || (!intake->framing && choose(intake, &error)))
        end(intake, &error);
}

void intake_resume(struct intake *intake)
{
    if (!intake->over)
        reading_resume(intake->reading);
}

/* ---- its life ---------------------------------------------------------- */

static void destroy(void *arg)
{
    struct intake *intake = arg;

    framing_free(intake->framing);
    set_unref(intake->seen);
    set_unref(intake->set);
    buf_free(&intake->head);
    free(intake->source);
    free(intake->path);
    free(intake);
}

int intake_open(struct intake **intake, const struct intake_config *config,
                struct error *error)
{
    struct intake *new = ALLOC(struct intake);
    const struct source *source = NULL;
    int err = 0;

    new->config = *config;
    new->path = alloc_text(strcmp(config->path, "-") ? config->path : "stdin");
    if (strcmp(config->source, "auto") != 0) {
        source = set_source(flow_set(config->flow), config->source, error);
        err = source ? 0 : ERROR_NOT_FOUND;
    }
    if (!err)
        err = reading_open(&new->reading,
                           &(struct reading_config){
                               .loop = config->loop,
                               .path = config->path,
                               .follow = config->follow,
                               .turn = turn,
                               .closed = destroy,
                               .arg = new,
                           },
                           error);
    if (err) {
        destroy(new);
        return err;
    }
    if (source)
        begin(new, source);
    *intake = new;
    return 0;
}

void intake_close(struct intake *intake)
{
    intake->over = true;
    reading_close(intake->reading);
}
