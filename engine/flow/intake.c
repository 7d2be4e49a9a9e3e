#include "flow/intake.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/choose.h"
#include "flow/decoder.h"
#include "flow/reading.h"
#include "model/framing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 256 * 1024,    /* past this, larger reads gain nothing */
    RECORDS_A_TURN = 2048, /* then the loop looks at its descriptors again */
};

struct intake {
    struct intake_config config;
    char *path;              /* owned */
    struct decoder decoder;  /* without a source until auto has chosen */
    struct framing *framing; /* owned; NULL until then */
    struct choose *choose;   /* owned: takes framing's part until then */
    bool unfit;              /* a record came that no source fitted */
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

/* Takes the framing. */
static void begin(struct intake *intake, const struct source *source,
                  struct framing *framing)
{
    decoder_begin(&intake->decoder, flow_set(intake->config.flow), source);
    intake->framing = framing;
}

static void choose(struct intake *intake, const struct source *source)
{
    const struct intake_config *config = &intake->config;

    begin(intake, source, choose_take(intake->choose, source));
    intake->choose = NULL;
    if (config->chosen)
        config->chosen(config->arg, intake->path, intake->decoder.name);
}

/* ---- records ----------------------------------------------------------- */

static bool next(struct intake *intake, struct record *record)
{
    struct set *set = flow_set(intake->config.flow);
    const struct source *source;

    if (intake->framing)
        return framing_next(intake->framing, intake->at_end, record);
    if (!choose_next(intake->choose, set, intake->at_end, record, &source))
        return false;
    if (source)
        choose(intake, source);
    return true;
}

/* A followed file has no end at which an error would say it. */
static void pass_by(struct intake *intake, const struct record *record)
{
    if (intake->config.follow && !intake->unfit)
        log_line("%s:%u: no source fits it; what comes until one does is "
                 "skipped",
                 intake->path, record->line);
    intake->unfit = true;
}

static void offer(struct intake *intake, const struct record *record)
{
    struct flow *flow = intake->config.flow;

    if (!intake->decoder.source)
        pass_by(intake, record);
    if (record->refused)
        flow_refuse(flow, record->bytes, intake->path, record->line,
                    record->refused);
    else if (!intake->decoder.source)
        flow_skip(flow);
    else
        flow_offer(flow, &(struct flow_record){
                             .source = intake->decoder.source,
                             .bytes = record->bytes,
                             .digest = framing_digest(intake->framing),
                             .offset = record->offset,
                             .where = intake->path,
                             .line = record->line,
                         });
}

/* Returns false where there is no more record. */
static bool offer_some(struct intake *intake)
{
    struct record record;

    decoder_follow(&intake->decoder, flow_set(intake->config.flow),
                   intake->path);
    for (int i = 0; i < RECORDS_A_TURN && flow_ready(intake->config.flow);
         i++) {
        if (!next(intake, &record))
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
        choose_push(intake->choose, bytes);
}

/* ---- reading ----------------------------------------------------------- */

/* A file that follows begins anew: its offsets count from its start, and its
 * first record is another. */
static void start_over(struct intake *intake)
{
    intake->at_end = false;
    intake->unfit = false;
    if (intake->framing) {
        framing_free(intake->framing);
        intake->framing = framing_new(source_format(intake->decoder.source));
    } else {
        choose_free(intake->choose);
        intake->choose = choose_new();
    }
}

static void at_end(struct intake *intake)
{
    struct error error;
    bool failed;

    intake->at_end = true;
    if (offer_some(intake))
        return; /* the flow is full: intake_resume goes on */
    failed = intake->unfit && !intake->decoder.source;
    if (failed)
        choose_failed(flow_set(intake->config.flow), intake->path, &error);
    if (!reading_reopened(intake->reading)) {
        end(intake, failed ? &error : NULL);
        return;
    }
    if (failed)
        log_error(&error);
    start_over(intake);
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
    if (got < 0)
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
    choose_free(intake->choose);
    decoder_end(&intake->decoder);
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
        begin(new, source, framing_new(source_format(source)));
    else
        new->choose = choose_new();
    *intake = new;
    return 0;
}

void intake_close(struct intake *intake)
{
    intake->over = true;
    reading_close(intake->reading);
}
