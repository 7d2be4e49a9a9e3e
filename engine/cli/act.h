#ifndef RIPOSTE_CLI_ACT_H
#define RIPOSTE_CLI_ACT_H

#include "cli/ask.h"
#include "cli/command.h"
#include "flow/flow.h"

/* What the files of `riposte act` share: act.c has the command. */

/* act_param.c: -p NAME=VALUE. */
int act_set_params(const struct set *set, struct request *request,
                   const struct args *args, struct error *error);

/* act_alarm.c: the first alarm of a file ("-": stdin). source: a name, or
 * "auto": the one that fits it best, else generic JSON. The alarm is the
 * caller's. */
int act_load_alarm(const struct set *set, const char *path, const char *source,
                   struct alarm **alarm, struct error *error);

/* act_ask.c: the questions. Each says what there is to choose from first. */

enum act_asked { ACT_ASKED, ACT_LEFT, ACT_NOTHING };

/* Plugins with an action that can run here. ACT_NOTHING: none has one, which
 * was said. */
enum act_asked act_ask_plugin(struct ask *ask,
                              const struct catalogue *catalogue,
                              const struct plugin **plugin);
/* The plugin's actions that can run here; the others are counted. */
enum act_asked act_ask_action(struct ask *ask, const struct plugin *plugin,
                              const struct action **action);
/* act_values.c. Every input that the request does not give yet, until all its
 * values fit; for an encrypted one "secret:NAME" is the secret of that name,
 * and where it runs later nothing else is. What is left at its default is not
 * given then either: the gate gives it. */
enum act_asked act_ask_values(struct ask *ask, const struct set *set,
                              struct request *request,
                              const struct alarm *alarm, bool later);
/* Shows what would run, and when (0: now). ACT_NOTHING: no. */
enum act_asked act_ask_run(struct ask *ask, const struct request *request,
                           const struct alarm *alarm, int64_t due);

/* act_again.c: the command line that does the same without questions, but for
 * secrets, for which it asks. Appended as one line. */
void act_again(struct buf *buf, const struct args *args,
               const struct request *request, const struct alarm *alarm);

/* act_run.c: runs it in an engine of its own, and says what comes of it.
 * Takes the request. An exit status. */
int act_run(const struct args *args, struct set *set, struct request *request,
            struct alarm *alarm);

/* act_show.c: what comes of it, on stdout: the command line, each line that
 * the action writes, as it comes and marked with its stream, then status and
 * time. */
struct act_show;
enum {
    ACT_LINE_MAX = 8 * 1024 /* bytes of a line: past it the line is parted,
                               so that output without line ends is seen */
};
struct act_show *act_show_new(void);
void act_show_free(struct act_show *show); /* NULL is fine */
void act_show_started(struct act_show *show, const struct argv *argv);
void act_show_output(struct act_show *show, int stream, struct str bytes);
/* With the output, where the step did not start now. */
void act_show_step(struct act_show *show, const struct flow_step *step);

#endif
