#include "flow/intake.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/choose.h"
#include "flow/decoder.h"
#include "flow/files.h"
#include "flow/follow.h"
#include "flow/reading.h"
#include "model/framing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    unsigned offered;        /* records, in all; wraps */
    struct reading *reading;
    struct follow *follow;    /* owned: of a followed file; else NULL */
    enum follow_turn leaving; /* what follows at_end, where it is followed */
    bool at_end;              /* no more bytes of this file will come */
    bool over;                /* ended was called, or it was closed */
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

    intake->offered++;
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
static bool offer_each(struct intake *intake)
{
    struct record record;

    for (int i = 0; i < RECORDS_A_TURN && flow_ready(intake->config.flow);
         i++) {
        if (!next(intake, &record))
            return false;
        offer(intake, &record);
    }
    return true;
}

static void mark(struct intake *intake, bool lazily)
{
    uint64_t offset;
    unsigned line;

    if (intake->framing && framing_place(intake->framing, &offset, &line))
        follow_mark(intake->follow, offset, line,
                    framing_digest(intake->framing), intake->decoder.name,
                    lazily);
}

/* As offer_each; what a followed file was read to is kept with what that
 * gave. */
static bool offer_some(struct intake *intake)
{
    const struct flow_counts *counts = flow_counts(intake->config.flow);
    int64_t skipped = counts->skipped;
    unsigned offered = intake->offered;
    bool more;

    decoder_follow(&intake->decoder, flow_set(intake->config.flow),
                   intake->path);
    more = offer_each(intake);
    offered = intake->offered - offered;
    if (intake->follow && offered)
        mark(intake, offered == (unsigned)(counts->skipped - skipped));
    return more;
}

static void take(struct intake *intake, struct str bytes)
{
    if (intake->framing)
        framing_push(intake->framing, bytes);
    else
        choose_push(intake->choose, bytes);
}

static void at_end(struct intake *intake);

/* ---- reading ----------------------------------------------------------- */

/* The file is read from its start: offsets count from there, and its first
 * record may be another. */
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

/* ---- followed files ---------------------------------------------------- */

/* Where to begin in the file, and the framing that does. */
static uint64_t enter(struct intake *intake, const struct follow_file *file)
{
    enum source_format format;

    start_over(intake);
    if (!intake->framing || !file->offset)
        return 0;
    format = source_format(intake->decoder.source);
    if (file->digest[0] && !file_begins_as(file->fd, format, file->digest)) {
        log_line("%s was written anew: reading it from its start",
                 intake->path);
        return 0;
    }
    framing_free(intake->framing);
    intake->framing =
        framing_resume(format, file->offset, file->line, file->digest);
    return file->offset;
}

static void switch_file(struct intake *intake, enum follow_turn turn)
{
    struct reading *reading = intake->reading;
    uint64_t end = reading_offset(reading);
    struct follow_file file;

    follow_switch(intake->follow, turn, end, &file);
    follow_left(intake->follow, turn,
                reading_switch(reading, file.fd, enter(intake, &file)));
}

/* The file has no more bytes: is there another one to be read? */
static void look_round(struct intake *intake)
{
    bool partial = !intake->framing || framing_partial(intake->framing);
    enum follow_turn turn = follow_turn(intake->follow, partial);

    intake->leaving = turn;
    if (turn == FOLLOW_ASIDE)
        switch_file(intake, turn);
    else if (turn == FOLLOW_LEAVE)
        at_end(intake);
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
    if (!intake->follow) {
        end(intake, failed ? &error : NULL);
        return;
    }
    if (failed)
        log_error(&error);
    switch_file(intake, intake->leaving);
}

/* ---- turns ------------------------------------------------------------- */

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
    if (got == READING_LATER) {
        if (intake->follow)
            look_round(intake);
        return;
    }
    if (got == READING_END) {
        at_end(intake);
        return;
    }
    if (got == READING_SHRUNK) {
        log_line("%s was truncated: reading it from its start", intake->path);
        follow_cut(intake->follow);
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

    follow_close(intake->follow);
    framing_free(intake->framing);
    choose_free(intake->choose);
    decoder_end(&intake->decoder);
    free(intake->path);
    free(intake);
}

/* Everything but a pipe has a place in which to go on. */
static bool has_place(const struct intake *intake)
{
    struct stat info;

    return intake->config.follow &&
           (stat(intake->config.path, &info) || S_ISREG(info.st_mode));
}

/* A followed file is opened where it was left. */
static int open_followed(struct intake *intake, struct follow_file *file,
                         struct error *error)
{
    const struct intake_config *config = &intake->config;

    if (!has_place(intake))
        return 0;
    return follow_open(&intake->follow, config->flow, config->path,
                       config->source, file, error);
}

/* What auto chose in an earlier process stands. */
static const struct source *source_to_begin(const struct intake *intake,
                                            const struct follow_file *file)
{
    struct set *set = flow_set(intake->config.flow);
    bool automatic = !strcmp(intake->config.source, "auto");

    return set_source(set, automatic ? file->chosen : intake->config.source,
                      NULL);
}

static int open_reading(struct intake *intake, struct follow_file *file,
                        struct error *error)
{
    const struct intake_config *config = &intake->config;
    const struct source *source = source_to_begin(intake, file);
    uint64_t offset;

    if (source)
        begin(intake, source, framing_new(source_format(source)));
    else
        intake->choose = choose_new();
    offset = intake->follow ? enter(intake, file) : 0;
    return reading_open(&intake->reading,
                        &(struct reading_config){
                            .loop = config->loop,
                            .path = config->path,
                            .fd = file->fd,
                            .offset = offset,
                            .follow = config->follow,
                            .turn = turn,
                            .closed = destroy,
                            .arg = intake,
                        },
                        error);
}

int intake_open(struct intake **intake, const struct intake_config *config,
                struct error *error)
{
    struct intake *new = ALLOC(struct intake);
    struct follow_file file = {.fd = -1, .digest = "", .chosen = ""};
    int err = 0;

    new->config = *config;
    new->path = alloc_text(strcmp(config->path, "-") ? config->path : "stdin");
    if (strcmp(config->source, "auto") != 0 &&
        !set_source(flow_set(config->flow), config->source, error))
        err = ERROR_NOT_FOUND;
    if (!err)
        err = open_followed(new, &file, error);
    if (!err)
        err = open_reading(new, &file, error);
    if (err) {
        destroy(new);
        return err;
    }
    *intake = new;
    return 0;
}

void intake_close(struct intake *intake)
{
    if (intake->follow && !intake->over)
        mark(intake, false);
    intake->over = true;
    reading_close(intake->reading);
}
