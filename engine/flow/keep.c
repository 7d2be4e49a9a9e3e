#include "flow/keep.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/tell.h"
#include "journal/keep.h"
#include "model/json_out.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    EVERY = 60 * 60 * 1000, /* ms between two passes */
    DAY = 24 * 60 * 60 * 1000,
    /* Rows that a process which is about to end looks at first: a fraction of
     * a second; and more than what it brought, so that the journal does not
     * grow however short they are. */
    OWED = 4096,
    OWED_ALARM = 4, /* its own, its run's, the run's records, and some */
    ROW = 1024,     /* bytes that an alarm takes beside its own */
    PART = 64,      /* of the size: so much more, and a pass begins */
};

struct keeping {
    struct due due;
    struct flow *flow;
    struct keep_pass pass;
    struct buf sets; /* the pass has its text during a slice */
    bool begun;      /* by flow_keep */
    bool wanted;     /* a pass is under way */
    bool writing;    /* a slice is with the journal */
    bool large;      /* the file is over its limit */
    bool said;       /* that nothing more can go, since it was so */
    uint64_t taken;  /* bytes since the last pass began */
    int64_t rows;    /* that earlier passes looked at */
};

static int64_t owed(const struct keeping *keeping)
{
    return OWED + OWED_ALARM * keeping->flow->counts.alarms;
}

bool keeping_owes(const struct keeping *keeping)
{
    return keeping->wanted && !keeping->flow->stopped &&
           keeping->rows + keeping->pass.rows < owed(keeping);
}

bool keeping_writes(const struct keeping *keeping)
{
    return keeping->writing;
}

static bool busy(const struct flow *flow)
{
    return flow->filling || flow->ntasks || flow->undecided || flow->full;
}

/* Alarms go on being accepted: an alarm that is lost is worse than a file that
 * is too large, and where the disk ends the flow waits. */
static void say_large(struct keeping *keeping)
{
    char *text;

    if (keeping->large && !keeping->said) {
        text = alloc_printf(
            "the journal holds %" PRId64 " MiB, more than riposte.lua's "
            "keep.size (%" PRId64 " MiB), and nothing more of it may go: "
            "open runs, leases in force and what they need stay; alarms are "
            "accepted all the same",
            keeping->pass.used >> 20, keeping->pass.size >> 20);
        log_line("%s", text);
        flow_tell(keeping->flow,
                  (struct event){.kind = EVENT_JOURNAL_LARGE, .text = text});
        free(text);
    }
    keeping->said = keeping->large;
}

static void end_pass(struct keeping *keeping)
{
    keeping->wanted = false;
    say_large(keeping);
    dues_add(keeping->flow->dues, &keeping->due, clock_now() + EVERY);
}

static void written(void *arg)
{
    struct keeping *keeping = arg;
    struct flow *flow = keeping->flow;

    keeping->writing = false;
    keeping->large = keeping->pass.used > keeping->pass.size;
    if (!flow_written(flow))
        return;
    if (keeping->pass.over)
        end_pass(keeping);
    flow_note(flow);
}

/* Sets of which the process has runs, or could have the next. */
static void list_sets(struct keeping *keeping)
{
    struct json_out out = {.buf = &keeping->sets};

    buf_cut(&keeping->sets, 0);
    json_open(&out, '[');
    for (struct home *home = keeping->flow->homes; home; home = home->next)
        json_put_text(&out, home->set->hash);
    json_close(&out, ']');
    keeping->pass.sets = keeping->sets.data;
}

void keeping_turn(struct keeping *keeping)
{
    struct flow *flow = keeping->flow;

    if (!keeping->wanted || keeping->writing || flow->stopped ||
        flow->closing || (busy(flow) && !keeping->large))
        return;
    keeping->writing = true;
    list_sets(keeping);
    flow_write(flow);
    journal_write_keep(flow->config.journal, &keeping->pass, written, keeping);
}

static void begin(struct keeping *keeping)
{
    struct flow *flow = keeping->flow;
    const struct settings_keep *keep = &flow->home->set->settings->keep;
    int64_t now = clock_now();

    dues_remove(flow->dues, &keeping->due);
    keeping->rows += keeping->pass.rows;
    keeping->pass = (struct keep_pass){
        .before = now - keep->days * DAY, .size = keep->size, .now = now};
    keeping->begun = keeping->wanted = true;
    keeping->taken = 0;
    keeping_turn(keeping);
}

void keeping_took(struct keeping *keeping, size_t alarms, size_t bytes)
{
    const struct settings *settings = keeping->flow->home->set->settings;

    keeping->taken += bytes + ROW * alarms;
    if (keeping->begun && !keeping->wanted && !keeping->writing &&
        keeping->taken > (uint64_t)settings->keep.size / PART)
        begin(keeping);
}

static void ring(struct due *due)
{
    begin((struct keeping *)(void *)((char *)due -
                                     offsetof(struct keeping, due)));
}

void flow_keep(struct flow *flow)
{
    begin(flow->keeping);
}

struct keeping *keeping_new(struct flow *flow)
{
    struct keeping *keeping = ALLOC(struct keeping);

    keeping->flow = flow;
    keeping->due.ring = ring;
    return keeping;
}

void keeping_free(struct keeping *keeping)
{
    buf_free(&keeping->sets);
    free(keeping);
}
