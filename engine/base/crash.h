#ifndef RIPOSTE_BASE_CRASH_H
#define RIPOSTE_BASE_CRASH_H

/*
 * Places at which a process can be made to die, for tests/e2e/test_torture.py.
 * They exist in build/torture/ alone, which is compiled with RIPOSTE_CRASH;
 * elsewhere CRASH() is nothing. The first word says which process it is.
 */
#define CRASH_POINTS(POINT)                                                    \
    /* in the writer's transaction; commit has not been said */                \
    POINT(ENGINE_ALARM_WRITTEN)                                                \
    POINT(ENGINE_MATCH_WRITTEN)                                                \
    POINT(ENGINE_INTENT_WRITTEN)                                               \
    POINT(ENGINE_RESULT_WRITTEN)                                               \
    POINT(ENGINE_END_WRITTEN)                                                  \
    POINT(ENGINE_LEASE_WRITTEN)                                                \
    POINT(ENGINE_OWNER_WRITTEN)                                                \
    POINT(ENGINE_BUDGET_WRITTEN)                                               \
    POINT(ENGINE_APPROVAL_WRITTEN)                                             \
    POINT(ENGINE_APPROVAL_USED)                                                \
    /* committed, and nobody has been told */                                  \
    POINT(ENGINE_COMMITTED)                                                    \
    /* told, and nothing was done about it */                                  \
    POINT(ENGINE_ALARM_COMMITTED)                                              \
    POINT(ENGINE_MATCH_COMMITTED)                                              \
    POINT(ENGINE_INTENT_WANTED)                                                \
    POINT(ENGINE_INTENT_COMMITTED)                                             \
    POINT(ENGINE_JOB_SENT)                                                     \
    POINT(ENGINE_RESULT_COME)                                                  \
    POINT(ENGINE_RESULT_COMMITTED)                                             \
    POINT(ENGINE_RESULT_FORGOTTEN)                                             \
    POINT(ENGINE_UNDO_BEGUN)                                                   \
    POINT(ENGINE_UNDO_WANTED)                                                  \
    POINT(ENGINE_UNDO_OVER)                                                    \
    POINT(ENGINE_APPROVAL_OPENED)                                              \
    POINT(ENGINE_RECOVERY_BEGUN)                                               \
    POINT(ENGINE_RECOVERED)                                                    \
    POINT(EXECUTOR_JOB_TAKEN)                                                  \
    POINT(EXECUTOR_JOB_PASSED)                                                 \
    POINT(EXECUTOR_RESULT_TAKEN)                                               \
    POINT(EXECUTOR_RESULT_SAID)                                                \
    POINT(EXECUTOR_RESULT_FORGOTTEN)                                           \
    POINT(EXECUTOR_ENGINE_GONE)                                                \
    POINT(SLOT_JOB_TAKEN)                                                      \
    POINT(SLOT_SPAWNED)                                                        \
    POINT(SLOT_EXITED)                                                         \
    POINT(SLOT_RESULT_SAID)

#define CRASH_POINT_ENUM(name) CRASH_##name,
enum crash_point { CRASH_POINTS(CRASH_POINT_ENUM) CRASH_COUNT };
#undef CRASH_POINT_ENUM

#ifdef RIPOSTE_CRASH
#define CRASH(name) crash_here(CRASH_##name)
/*
 * The environment variable RIPOSTE_CRASH names a file of four rows of
 * CRASH_COUNT int32_t, which whoever tests has mapped, too:
 *   armed  n > 0: the nth process that comes by from now on dies by SIGKILL
 *   passed how often somebody came by
 *   killed how many died there, counted before they do
 *   victim the process that died there last
 */
void crash_here(enum crash_point point);
#else
#define CRASH(name) ((void)0)
#endif

#endif
