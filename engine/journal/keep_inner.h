#ifndef RIPOSTE_JOURNAL_KEEP_INNER_H
#define RIPOSTE_JOURNAL_KEEP_INNER_H

#include "base/buf.h"
#include "journal/chain.h"
#include "journal/keep.h"
#include "journal/read.h"
#include "journal/record.h"

/* What keep.c, keep_rows.c and keep_audit.c share. */

/* What a slice removed of one kind, as the audit names it: ranges of numbers,
 * or hashes of sets. */
struct keep_gone {
    struct buf text;
    struct json_out out;
    int64_t first, last; /* the range that is not in the text yet */
    size_t count;
};

/* What a slice removed. */
struct keep_slice {
    uint64_t end; /* uv_hrtime: then it has taken long enough */
    int64_t now;
    int64_t cut;  /* what is older goes */
    bool last;    /* nothing is younger: the pass ends where this does */
    int64_t rows; /* that were looked at */
    bool aged;    /* by its age, not for the size of the file */
    struct keep_gone gone[KEEP_KINDS];
    struct audit_head head; /* of the last record that went; n 0: none did */
    int64_t run;            /* the first that the audit knew; 0: none yet */
};

bool keep_late(const struct keep_slice *slice);

/* keep_rows.c: removes rows of that kind that lie behind the place, which
 * moves on. over: all that are old enough were looked at. */
int keep_rows(struct db *db, struct keep_slice *slice, enum keep_kind kind,
              struct keep_place *place, const char *sets, bool *over,
              struct error *error);

/* keep_audit.c: removes the audit's first records where there are enough old
 * ones; what a row that is still there needs is said once more. stuck: for the
 * file's size it is not worth it. */
enum { KEEP_AUDIT = 256 }; /* records that go at once, or none */
int keep_audit(struct db *db, struct keep_slice *slice, bool *stuck, bool *over,
               struct error *error);

/* keep.c: runs a text that gives no rows. */
int keep_run(struct db *db, const char *sql, struct db_row row,
             struct error *error);

#endif
