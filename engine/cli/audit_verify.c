#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/site.h"
#include "cli/trail.h"
#include "model/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was looked through, and what came of it. */
struct checked {
    struct chain chain;
    char journal[AUDIT_ID_MAX]; /* its id */
    int64_t line;               /* of an exported file; 0: none */
    struct audit_log *log;      /* or NULL: a file */
    struct error error;         /* why it cannot be read */
    struct buf table; /* owned: where a row is not what its record says */
    struct audit_head removed; /* what retention last said it removed up to */
};

static const char *const fault_names[] = {
    [CHAIN_CHANGED] = "changed",    [CHAIN_MISSING] = "missing",
    [CHAIN_SWAPPED] = "swapped",    [CHAIN_CUT] = "cut",
    [CHAIN_NOT_KEPT] = "rewritten", [CHAIN_UNREACHED] = "unreached",
};

static void put_range(struct buf *buf, int64_t first, int64_t last)
{
    if (last > first)
        buf_printf(buf, "records %" PRId64 " to %" PRId64 " are", first, last);
    else
        buf_printf(buf, "record %" PRId64 " is", first);
}

/* What is wrong, in words. */
static void put_fault(struct buf *buf, const struct chain *chain)
{
    int64_t n = chain->n;

    switch (chain->fault) {
    case CHAIN_WHOLE:
        break;
    case CHAIN_CHANGED:
        buf_printf(buf, "record %" PRId64 " was changed", n);
        if (n == chain->start.n + 1 && chain->start.n)
            buf_add_text(buf, ", or the first line of the file");
        break;
    case CHAIN_MISSING:
        put_range(buf, n, chain->other);
        buf_add_text(buf, " missing");
        break;
    case CHAIN_SWAPPED:
        buf_printf(buf,
                   "records %" PRId64 " and %" PRId64
                   " were swapped: one stands in the other's place",
                   n, chain->other);
        break;
    case CHAIN_CUT:
        buf_printf(buf, "the end was cut: ");
        put_range(buf, n, chain->other);
        buf_add_text(buf, " missing, up to the head that was kept");
        break;
    case CHAIN_NOT_KEPT:
        buf_printf(buf,
                   "record %" PRId64 " is not the head that was kept: the log "
                   "was written anew, from there or from before it",
                   n);
        break;
    case CHAIN_UNREACHED:
        buf_printf(buf,
                   "the head that was kept, record %" PRId64
                   ", lies before the first record here; an older export "
                   "has it",
                   chain->other);
        break;
    }
}

static void put_json(const struct checked *checked, struct str text)
{
    const struct chain *chain = &checked->chain;
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "audit");

    json_bool(&out, "whole", !chain->fault && !checked->table.len);
    json_text(&out, "journal", checked->journal);
    json_int(&out, "records", chain->head.n - chain->start.n);
    json_int(&out, "first", chain->start.n + 1);
    json_int(&out, "n", chain->head.n);
    json_text(&out, "hash", chain->head.hash);
    if (chain->fault) {
        json_text(&out, "fault", fault_names[chain->fault]);
        json_int(&out, "record", chain->n);
        if (chain->fault != CHAIN_CHANGED && chain->other)
            json_int(&out, "other", chain->other);
        if (checked->line)
            json_int(&out, "line", checked->line);
        json_str(&out, "text", text);
    } else if (checked->table.len) {
        json_text(&out, "fault", "table");
        json_str(&out, "text", buf_str(&checked->table));
    }
    print_end(&out);
    buf_free(&buf);
}

static void put_text(const struct checked *checked, struct str text)
{
    const struct chain *chain = &checked->chain;
    struct buf buf = {0};

    if (chain->fault) {
        buf_add_text(&buf, "broken: ");
        buf_add_str(&buf, text);
        if (checked->line)
            buf_printf(&buf, " (line %" PRId64 ")", checked->line);
        buf_add_byte(&buf, '\n');
    }
    if (!chain->fault && checked->table.len)
        buf_printf(&buf, "broken: %s\n", checked->table.data);
    buf_add_text(&buf, chain->fault ? "before that " : "whole: ");
    print_count(&buf, chain->head.n - chain->start.n, "record", "records");
    if (chain->start.n)
        buf_printf(&buf, " from %" PRId64 " on", chain->start.n + 1);
    buf_printf(&buf, ", head %" PRId64 ":%s\n", chain->head.n,
               chain->head.hash);
    print_out(&buf);
    buf_free(&buf);
}

static int put_all(const struct checked *checked, bool json)
{
    struct buf text = {0};

    put_fault(&text, &checked->chain);
    if (json)
        put_json(checked, buf_str(&text));
    else
        put_text(checked, buf_str(&text));
    buf_free(&text);
    return checked->chain.fault || checked->table.len ? EXIT_FAILED_RUN
                                                      : EXIT_WELL;
}

/* ---- reading ----------------------------------------------------------- */

enum { ENOUGH = -1000 }; /* no error code: the fault is known */

/* Where the log begins is said by a record of it: who cut the front, and did
 * not write all hashes anew, left none. */
static void take_removed(struct checked *checked,
                         const struct audit_record *record)
{
    struct json_doc *doc = json_parse(record->body, "", 0, NULL);
    const struct json *audit =
        doc ? json_member(json_root(doc), "audit") : NULL;
    const struct json *n = audit ? json_member(audit, "n") : NULL;
    const struct json *hash = audit ? json_member(audit, "hash") : NULL;

    if (n && n->type == JSON_INT && hash && hash->type == JSON_TEXT) {
        checked->removed.n = n->as.integer;
        snprintf(checked->removed.hash, sizeof checked->removed.hash, "%.*s",
                 (int)hash->as.text.len, hash->as.text.data);
    }
    json_free(doc);
}

static void judge_start(struct checked *checked)
{
    struct chain *chain = &checked->chain;
    const struct audit_head *removed = &checked->removed;

    if (chain->fault || !chain->start.n ||
        (removed->n == chain->start.n &&
         !strcmp(removed->hash, chain->start.hash)))
        return;
    chain->fault = CHAIN_MISSING;
    chain->n = removed->n < chain->start.n ? removed->n + 1 : 1;
    chain->other = chain->start.n;
    chain->ended = true;
}

static int add(void *arg, const struct audit_record *record)
{
    struct checked *checked = arg;
    struct chain *chain = &checked->chain;
    int code;

    chain_add(chain, record);
    if (!chain->fault && !strcmp(record->kind, "removed"))
        take_removed(checked, record);
    if (chain->fault || checked->table.len)
        return chain->ended ? ENOUGH : 0;
    code = audit_log_compare(checked->log, record, &checked->table,
                             &checked->error);
    return code < 0 ? code : 0;
}

static int read_journal(const struct args *args, const struct audit_head *kept,
                        struct checked *checked)
{
    struct trail trail;
    struct audit_head start;
    int status = trail_open(&trail, args);
    int code;

    if (status)
        return status;
    snprintf(checked->journal, sizeof checked->journal, "%s",
             audit_log_id(trail.log));
    code = audit_log_before(trail.log, INT64_MIN, &start, &checked->error);
    if (!code) {
        chain_begin(&checked->chain, &start, kept);
        checked->log = trail.log;
        code =
            audit_log_read(trail.log, INT64_MIN, add, checked, &checked->error);
    }
    if (!code)
        judge_start(checked);
    if (!code && !checked->chain.fault && !checked->table.len) {
        code = audit_log_rows(trail.log, &checked->table, &checked->error);
        code = code < 0 ? code : 0;
    }
    if (code && code != ENOUGH)
        status = site_error(&checked->error);
    trail_close(&trail);
    return status;
}

static int read_file(const char *path, const struct audit_head *kept,
                     struct checked *checked)
{
    struct error error;

    if (trail_read_file(path, kept, &checked->chain, checked->journal,
                        &checked->line, &error)) {
        log_error(&error);
        return EXIT_USAGE;
    }
    return 0;
}

/* N:HASH, as audit head prints it. */
static bool parse_head(const char *text, struct audit_head *head)
{
    static const char digits[] = "0123456789abcdef";
    char *end;
    size_t len;

    head->n = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
    if (head->n < 0 || *end != ':')
        return false;
    len = strspn(end + 1, digits);
    /* Of an empty audit it is the journal's id. */
    if (end[1 + len] || len != (head->n ? HASH_HEX - 1 : JOURNAL_ID - 1))
        return false;
    memcpy(head->hash, end + 1, len + 1);
    return true;
}

static int run(const struct args *args)
{
    const char *text = args_value(args, "--head");
    struct audit_head kept;
    struct checked checked = {0};
    int status;

    if (text && !parse_head(text, &kept)) {
        log_line("error: --head takes N:HASH as `riposte audit head` prints "
                 "it, not \"%s\"",
                 text);
        return EXIT_USAGE;
    }
    status = args->len
                 ? read_file(args->items[0], text ? &kept : NULL, &checked)
                 : read_journal(args, text ? &kept : NULL, &checked);
    if (!status) {
        chain_end(&checked.chain);
        status = put_all(&checked, args->json);
    }
    buf_free(&checked.table);
    return status;
}

static const struct option options[] = {
    {"--head", NULL, "N:HASH", "what riposte audit head printed once", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_audit_verify = {
    .name = "audit verify",
    .arguments = "[FILE|-]",
    .summary = "Is every record of the audit there, and as it was written?",
    .detail = "Without FILE the journal's, else what riposte audit export "
              "printed. The first break\nis named: record N was changed, is "
              "missing, was swapped; and, with --head, whether the\nend was "
              "cut. Exit status 1 where there is one.\n",
    .options = options,
    .max_args = 1,
    .run = run,
};
