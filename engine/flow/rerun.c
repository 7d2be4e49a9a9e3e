#include "flow/recover_inner.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

/* An alarm that was matched before, once more: thresholds have counted it
 * then, and do not have a say. */
struct again {
    struct flow *flow;
    struct run **runs; /* owned */
    size_t nruns;
};

static void begin(void *arg)
{
    struct again *again = arg;
    struct flow *flow = again->flow;

    for (size_t i = 0; i < again->nruns && !flow->closing; i++)
        flow_add_task(flow, again->runs[i], 0);
    free(again->runs);
    free(again);
    flow_written(flow);
}

static void write_runs(struct flow *flow, struct alarm *alarm,
                       const size_t *numbers, size_t count)
{
    struct again *again = ALLOC(struct again);
    struct journal_run *rows = alloc_zeroed(count, sizeof *rows);

    again->flow = flow;
    again->nruns = count;
    again->runs = alloc_zeroed(count, sizeof(struct run *));
    for (size_t i = 0; i < count; i++) {
        struct run *run =
            run_new(flow, flow->home, flow->next_run++, alarm, numbers[i]);

        again->runs[i] = run;
        rows[i] = (struct journal_run){.run = run->number,
                                       .policy = run->name,
                                       .set = flow->home->set->hash};
    }
    home_record(flow, flow->home);
    flow_write(flow);
    journal_write_match(flow->config.journal,
                        &(struct journal_match){
                            .alarm = alarm->id,
                            .again = true,
                            .time = clock_now(),
                            .runs = rows,
                            .nruns = count,
                        },
                        begin, again);
    free(rows);
}

/* The policies that it is for, of those that may run. The caller frees it. */
static size_t *find_chosen(const struct flow *flow, const struct alarm *alarm,
                           size_t *count, struct error *error)
{
    const struct home *home = flow->home;
    const size_t *numbers;
    size_t found = set_match(home->set, alarm, &numbers, error);
    size_t *chosen = alloc_zeroed(found + 1, sizeof *chosen);

    *count = 0;
    for (size_t i = 0; i < found; i++)
        if (home->chosen[numbers[i]])
            chosen[(*count)++] = numbers[i];
    return chosen;
}

int flow_rerun(struct flow *flow, const struct journal_alarm_row *row,
               struct error *error)
{
    struct error ignored = {0};
    struct alarm *alarm = alarm_again(row, flow->home->set, error);
    size_t count;
    size_t *numbers;

    if (!alarm)
        return error->code;
    numbers = find_chosen(flow, alarm, &count, &ignored);
    if (count)
        write_runs(flow, alarm, numbers, count);
    free(numbers);
    alarm_unref(alarm);
    return count ? 0
                 : error_set(error, ERROR_NOT_FOUND,
                             "no policy is for alarm %.12s%s", row->id,
                             flow->config.only ? ", of those that are named"
                                               : "");
}
