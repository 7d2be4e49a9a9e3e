#include "flow/flow_inner.h"

#include "base/clock.h"

static void committed(void *arg)
{
    struct run *run = arg;
    struct flow *flow = run->flow;

    if (flow_written(flow))
        flow_add_task(flow, run, 0);
}

void flow_act(struct flow *flow, struct request *request, struct alarm *alarm)
{
    struct run *run =
        run_new(flow, flow->home, flow->next_run++, alarm, FLOW_NO_POLICY);
    struct journal_run row = {run->number, NULL, flow->home->set->hash};

    run->manual = request;
    home_record(flow, flow->home);
    flow_write(flow);
    /* The alarm of a manual run did not pass intake, so the journal does not
     * know it. */
    journal_write_match(flow->config.journal,
                        &(struct journal_match){
                            .time = clock_now(),
                            .runs = &row,
                            .nruns = 1,
                        },
                        committed, run);
}
