#include "flow/feed.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/choose.h"
#include "flow/decoder.h"
#include "model/syslog.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct feed {
    struct flow *flow;
    char *where;            /* owned */
    char digest[HASH_HEX];  /* random: with the record's number it makes each
                               like no other; empty: its bytes do */
    struct decoder decoder; /* without a source until auto has chosen */
    unsigned forms;         /* see choose_admit */
    bool unfit;             /* a record came that no source fitted */
    unsigned line;          /* of the last record */
    struct buf room;        /* for the view of a message */
};

static void make_fresh(struct feed *feed)
{
    char bytes[HASH_SIZE];

    /* As few bytes come at once, or not at all before the kernel's pool is
     * filled, which it is long before anything of ours starts. */
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        abort();
    hash_hex((struct str){bytes, sizeof bytes}, feed->digest);
}

/* ---- the source -------------------------------------------------------- */

static void pass_by(struct feed *feed)
{
    if (!feed->unfit)
        log_line("%s:%u: no source fits it; what comes until one does is "
                 "skipped",
                 feed->where, feed->line);
    feed->unfit = true;
}

/* auto has chosen it, or nobody has. */
static const struct source *chosen(struct feed *feed,
                                   const struct source *source)
{
    if (source) {
        decoder_begin(&feed->decoder, flow_set(feed->flow), source);
        log_line("%s is read as %s", feed->where, source_name(source));
    } else {
        pass_by(feed);
    }
    return source;
}

static const struct source *choose_plain(struct feed *feed, struct str record)
{
    struct set *set = flow_set(feed->flow);
    unsigned forms = choose_admit(&feed->forms, record);

    return chosen(feed, set_source_for(set, record, forms));
}

/* Each form of source has its view of the message. */
static const struct source *choose_syslog(struct feed *feed,
                                          const struct syslog_message *message)
{
    static const enum source_form views[] = {FORM_OBJECT, FORM_MARKED,
                                             FORM_TEXT};
    struct set *set = flow_set(feed->flow);
    struct str text =
        syslog_for(message, FORM_OBJECT, clock_now(), &feed->room);
    unsigned forms = choose_admit(&feed->forms, text);
    const struct source *source = NULL;

    for (size_t i = 0; i < sizeof views / sizeof *views && !source; i++)
        source = set_source_for(
            set, syslog_for(message, views[i], clock_now(), &feed->room),
            forms & views[i]);
    return chosen(feed, source);
}

/* ---- records ----------------------------------------------------------- */

static void offer(struct feed *feed, const struct source *source,
                  struct str record, flow_told_fn told, void *arg)
{
    flow_offer(feed->flow, &(struct flow_record){
                               .source = source,
                               .bytes = record,
                               .digest = feed->digest,
                               .offset = feed->digest[0] ? feed->line : 0,
                               .where = feed->where,
                               .line = feed->line,
                               .received = true,
                               .told = told,
                               .arg = arg,
                           });
}

static const struct source *begun(struct feed *feed)
{
    feed->line++;
    return decoder_follow(&feed->decoder, flow_set(feed->flow), feed->where);
}

void feed_offer(struct feed *feed, struct str record, flow_told_fn told,
                void *arg)
{
    const struct source *source = begun(feed);

    if (!source)
        source = choose_plain(feed, record);
    if (source) {
        offer(feed, source, record, told, arg);
        return;
    }
    flow_skip(feed->flow);
    if (told)
        told(arg, FLOW_SKIPPED, "no source fits it");
}

void feed_offer_syslog(struct feed *feed, struct str message)
{
    const struct source *source = begun(feed);
    struct syslog_message parsed;

    syslog_parse(message, &parsed);
    if (!source)
        source = choose_syslog(feed, &parsed);
    if (source)
        offer(
            feed, source,
            syslog_for(&parsed, source_form(source), clock_now(), &feed->room),
            NULL, NULL);
    else
        flow_skip(feed->flow);
}

void feed_refuse(struct feed *feed, struct str record, const char *reason)
{
    feed->line++;
    flow_refuse(feed->flow, record, feed->where, feed->line, reason);
}

/* ---- its life ---------------------------------------------------------- */

int feed_open(struct feed **feed, const struct feed_config *config,
              struct error *error)
{
    struct set *set = flow_set(config->flow);
    bool chosen = strcmp(config->source, "auto") != 0;
    const struct source *source =
        chosen ? set_source(set, config->source, error) : NULL;
    struct feed *new;

    if (chosen && !source)
        return ERROR_NOT_FOUND;
    new = ALLOC(struct feed);
    new->flow = config->flow;
    new->where = alloc_text(config->where);
    if (config->fresh)
        make_fresh(new);
    if (source)
        decoder_begin(&new->decoder, set, source);
    *feed = new;
    return 0;
}

void feed_close(struct feed *feed)
{
    if (!feed)
        return;
    decoder_end(&feed->decoder);
    buf_free(&feed->room);
    free(feed->where);
    free(feed);
}
