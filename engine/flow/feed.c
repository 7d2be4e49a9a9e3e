#include "flow/feed.h"

#include "base/alloc.h"
#include "base/log.h"
#include "flow/choose.h"
#include "flow/decoder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct feed {
    struct flow *flow;
    char *where;            /* owned */
    char digest[HASH_HEX];  /* random: with the record's number it makes each
                               like no other; empty: its bytes do */
    struct decoder decoder; /* without a source until auto has chosen */
    unsigned forms;         /* see choose_for */
    bool unfit;             /* a record came that no source fitted */
    unsigned line;          /* of the last record */
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

/* NULL where auto has not chosen one, and does not by this record. */
static const struct source *source_of(struct feed *feed, struct str record)
{
    struct set *set = flow_set(feed->flow);
    const struct source *source =
        decoder_follow(&feed->decoder, set, feed->where);

    if (source)
        return source;
    source = choose_for(&feed->forms, set, record);
    if (source) {
        decoder_begin(&feed->decoder, set, source);
        log_line("%s is read as %s", feed->where, source_name(source));
    } else {
        pass_by(feed);
    }
    return source;
}

/* ---- records ----------------------------------------------------------- */

void feed_offer(struct feed *feed, struct str record, flow_told_fn told,
                void *arg)
{
    const struct source *source;

    feed->line++;
    source = source_of(feed, record);
    if (source) {
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
        return;
    }
    flow_skip(feed->flow);
    if (told)
        told(arg, FLOW_SKIPPED, "no source fits it");
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
    free(feed->where);
    free(feed);
}
