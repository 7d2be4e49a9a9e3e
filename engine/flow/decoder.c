#include "flow/decoder.h"

#include "base/alloc.h"
#include "base/log.h"

#include <stdlib.h>

static void keep(struct set **kept, struct set *set)
{
    set_ref(set);
    set_unref(*kept);
    *kept = set;
}

void decoder_begin(struct decoder *decoder, struct set *set,
                   const struct source *source)
{
    decoder->name = alloc_text(source_name(source));
    decoder->source = source;
    keep(&decoder->seen, set);
    keep(&decoder->set, set);
}

const struct source *decoder_follow(struct decoder *decoder, struct set *set,
                                    const char *where)
{
    const struct source *source;

    if (!decoder->source || set == decoder->seen)
        return decoder->source;
    keep(&decoder->seen, set);
    source = set_source(set, decoder->name, NULL);
    if (source && source_format(source) == source_format(decoder->source)) {
        keep(&decoder->set, set);
        decoder->source = source;
    } else {
        log_line("%s: the set in force has no source \"%s\" of that format "
                 "any more; the one before it goes on",
                 where, decoder->name);
    }
    return decoder->source;
}

void decoder_end(struct decoder *decoder)
{
    set_unref(decoder->seen);
    set_unref(decoder->set);
    free(decoder->name);
    *decoder = (struct decoder){0};
}
