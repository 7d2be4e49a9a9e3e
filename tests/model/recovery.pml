/*
 * What becomes of one alarm and its run, whoever dies when: a sender that
 * repeats until it is acknowledged, an engine with its journal, the socket
 * between the two, an executor with its slots, and the world in which plugins
 * act. Two steps: 0 is a context action, 1 a remediation without a Verify.
 * Between two engines the site may have changed, so that the remediation is
 * barred: then a new engine does not send it, and asks the executor what it
 * knows of it (AWAIT). Where it runs its result is waited for; where it was
 * never sent the executor says so, and the step is refused.
 *
 * What survives: the journal survives everything; the executor's knowledge
 * (which steps it was sent, which results it holds) survives an engine that
 * dies, and is gone with the executor, which takes the engine along. Its
 * incarnation tells a new engine which of the two it was.
 *
 * tests/model/check runs spin on it as it is, and once for each mutant, which
 * has to be caught:
 *   ACT_EARLY     the job is sent before its intent is committed
 *   RERUN         a remediation whose outcome is unknown is sent again
 *   ACK_EARLY     an alarm is acknowledged before it is committed
 *   NO_DEDUPE     a repeated alarm is another alarm
 *   NO_DRAIN      a new engine is accepted while the old one's jobs are still
 *                 in the socket
 *   AWAIT_BLIND   the executor says of a running step, too, that it was not sent
 *   AWAIT_BEGINS  it begins what it is asked about and does not know
 *   BARRED_SENT   a new engine sends what is barred instead of asking
 */
#ifndef DEATHS
#define DEATHS 3
#endif

#define CONTEXT 0
#define REMEDY 1
#define STEPS 2

/* ---- the journal: durable ------------------------------------------------ */
byte alarms;             /* rows of this alarm */
byte runs;               /* runs that were begun for them */
bool intent[STEPS];      /* there is one */
byte sent_by[STEPS];     /* its incarnation */
bool answered[STEPS];    /* its result is there */
bool unknown[STEPS];     /* nobody knows it */
bool refused;            /* the remediation's: it was not sent, and is barred */
bool over;               /* the run has ended, or is parked */

/* ---- the executor --------------------------------------------------------- */
byte incarnation = 1;
bool known[STEPS];       /* it was sent, and is not forgotten */
bool running[STEPS];
bool result[STEPS];      /* held until it is forgotten */
bool not_sent;           /* said of the remediation, and not kept */

/* ---- the engine: its memory ------------------------------------------------ */
bool up = true, recovered;
bool waits[STEPS];       /* it has sent that step */
bool barred;             /* by the site as it is now, the remediation is */

/* ---- the world -------------------------------------------------------------- */
byte acts[STEPS];        /* how often the plugin began to act */
bool acknowledged;       /* the sender saw it */
bool began_barred;       /* though the engine had found that it is barred */
byte deaths;
bool both_died_between;  /* the executor died between an intent and its result
                            of the remediation */

mtype = { JOB, FORGET, AWAIT };
chan socket = [6] of { mtype, byte };
chan old = [6] of { mtype, byte };  /* of an engine that died: the mutant's */

inline empty_out(channel) {
  do
  :: nempty(channel) -> channel ? _, _
  :: empty(channel) -> break
  od
}

inline forget_memory() {
  up = false; recovered = false; barred = false; not_sent = false;
  waits[CONTEXT] = false; waits[REMEDY] = false
}

/* The engine alone: what it has sent is in the socket. The executor reads it to
 * its end and starts none of it, then forks a new engine. */
inline engine_dies() {
  forget_memory();
#ifdef NO_DRAIN
  do
  :: nempty(socket) && nfull(old) -> socket ? kind, step; old ! kind, step
  :: nempty(socket) && full(old) -> socket ? _, _
  :: empty(socket) -> break
  od
#else
  empty_out(socket)
#endif
}

/* Every slot kills its tree, and a new executor knows nothing. */
inline executor_dies() {
  if
  :: intent[REMEDY] && !answered[REMEDY] -> both_died_between = true
  :: else
  fi;
  forget_memory();
  empty_out(socket);
  empty_out(old);
  known[CONTEXT] = false; known[REMEDY] = false;
  running[CONTEXT] = false; running[REMEDY] = false;
  result[CONTEXT] = false; result[REMEDY] = false;
  incarnation++
}

proctype death() {
  mtype kind;
  byte step;
  do
  :: atomic { deaths < DEATHS && !over -> deaths++; engine_dies() }
  :: atomic { deaths < DEATHS && !over -> deaths++; executor_dies() }
  :: deaths == DEATHS || over -> break
  od
}

/* ---- executor and slots --------------------------------------------------- */

inline start(s) {
  known[s] = true; running[s] = true; acts[s]++;
  began_barred = began_barred || (s == REMEDY && barred)
}

inline hear(channel) {
  channel ? kind, step;
  if
  :: kind == JOB && !known[step] -> start(step)
  :: kind == JOB && known[step]  /* it is started at most once */
  :: kind == FORGET -> result[step] = false; known[step] = false
#ifdef AWAIT_BEGINS
  :: kind == AWAIT && !known[step] -> start(step)
#else
  :: kind == AWAIT && !known[step] -> not_sent = true
#endif
#ifdef AWAIT_BLIND
  :: kind == AWAIT && known[step] -> not_sent = true
#else
  :: kind == AWAIT && known[step]  /* its result comes, or is there */
#endif
  fi
}

proctype executor() {
  mtype kind;
  byte step;
end:
  do
  :: atomic { nempty(socket) -> hear(socket) }
  :: atomic { nempty(old) -> hear(old) }
  :: atomic { running[CONTEXT] -> running[CONTEXT] = false;
              result[CONTEXT] = true }
  :: atomic { running[REMEDY] -> running[REMEDY] = false;
              result[REMEDY] = true }
  od
}

/* ---- the engine ------------------------------------------------------------- */

/* The recovery table, for one step. */
inline recover_step(s) {
  if
  :: intent[s] && !answered[s] && !unknown[s] ->
     if
     :: sent_by[s] == incarnation && (s == CONTEXT || !barred) ->
        socket ! JOB, s; waits[s] = true
     :: sent_by[s] == incarnation && s == REMEDY && barred ->
#ifdef BARRED_SENT
        socket ! JOB, s; waits[s] = true
#else
        socket ! AWAIT, s; waits[s] = true
#endif
     :: sent_by[s] != incarnation && s == CONTEXT ->
        sent_by[s] = incarnation; socket ! JOB, s; waits[s] = true
     :: sent_by[s] != incarnation && s == REMEDY ->
#ifdef RERUN
        sent_by[s] = incarnation; socket ! JOB, s; waits[s] = true
#else
        unknown[s] = true; over = true
#endif
     fi
  :: else
  fi
}

#define MAY_BEGIN(s) (up && recovered && runs > 0 && !over && !intent[s] && \
                      (s == CONTEXT || (answered[CONTEXT] && !barred)))

inline begin(s) {
#ifdef ACT_EARLY
  atomic { MAY_BEGIN(s) && !waits[s] -> socket ! JOB, s; waits[s] = true };
  atomic {
    if
    :: up && waits[s] && !intent[s] -> intent[s] = true;
       sent_by[s] = incarnation
    :: else
    fi }
#else
  atomic { MAY_BEGIN(s) -> intent[s] = true; sent_by[s] = incarnation };
  atomic {
    if
    :: up && recovered && intent[s] && !answered[s] && !unknown[s] &&
       !waits[s] && sent_by[s] == incarnation -> socket ! JOB, s; waits[s] = true
    :: else
    fi }
#endif
}

inline take_result(s) {
  atomic { up && recovered && waits[s] && result[s] ->
    answered[s] = true; waits[s] = false };
  /* Forgotten only now; dying before it leaves it to be said again. */
  atomic {
    if
    :: up && answered[s] && result[s] -> socket ! FORGET, s
    :: else
    fi }
}

inline take_refusal() {
  atomic { up && recovered && waits[REMEDY] && not_sent ->
    answered[REMEDY] = true; waits[REMEDY] = false; refused = true }
}

proctype engine() {
  do
  :: atomic { !up -> up = true }
  :: atomic { up && !recovered ->
       if
       :: barred = false
       :: barred = true
       fi;
       recover_step(CONTEXT); recover_step(REMEDY); recovered = true }
  :: atomic { up && recovered && alarms > runs -> runs++ }
  :: begin(CONTEXT)
  :: begin(REMEDY)
  :: take_result(CONTEXT)
  :: take_result(REMEDY)
  :: take_refusal()
  :: atomic { up && recovered && answered[CONTEXT] && !over &&
              (answered[REMEDY] || (barred && !intent[REMEDY])) ->
       refused = refused || !answered[REMEDY];
       answered[REMEDY] = true; over = true }
  :: atomic { over && acknowledged -> break }
  od
}

/* ---- the sender: again and again until it is acknowledged ------------------- */

inline commit_alarm() {
#ifdef NO_DEDUPE
  alarms = (alarms < 3 -> alarms + 1 : alarms)
#else
  alarms = 1
#endif
}

proctype sender() {
  do
#ifdef ACK_EARLY
  :: atomic { up && recovered && !acknowledged -> acknowledged = true };
     atomic {
       if
       :: up && recovered -> commit_alarm()
       :: else
       fi }
#else
  :: atomic { up && recovered && !acknowledged -> commit_alarm() };
     /* The engine may die here; what it says may also be lost. */
     atomic {
       if
       :: up && recovered && alarms > 0 -> acknowledged = true
       :: skip
       fi }
#endif
  :: acknowledged -> break
  od
}

init { 
  atomic { run engine(); run executor(); run sender(); run death() }
 }

ltl acknowledged_is_durable { [] (acknowledged -> alarms > 0) }
ltl alarm_once { [] (alarms <= 1 && runs <= 1) }
ltl remedy_once { [] (acts[REMEDY] <= 1) }
ltl intent_before_act
  { [] ((acts[CONTEXT] > 0 -> intent[CONTEXT]) &&
        (acts[REMEDY] > 0 -> intent[REMEDY])) }
ltl refused_is_not_done { [] (refused -> acts[REMEDY] == 0) }
ltl barred_does_not_begin { [] (!began_barred) }
ltl unknown_only_where_the_executor_died { [] (unknown[REMEDY] ->
  both_died_between) }
ltl known_at_the_end { [] (over -> ((answered[CONTEXT] && answered[REMEDY]) ||
  unknown[REMEDY])) }
