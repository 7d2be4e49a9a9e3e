#include "journal/position.h"

#include "journal/find_inner.h"
#include "journal/write.h"

int position_apply(struct db *db, const struct journal_position *row,
                   struct error *error)
{
    struct db_value path = db_text(row->path), source = db_text(row->source);
    struct db_value inode = db_integer(row->inode);
    struct db_value born = db_integer(row->born);
    int code;

    if (row->offset < 0)
        code = db_run(db, STATEMENT_DELETE_POSITION,
                      DB_ROW(path, source, inode, born), error);
    else
        code = db_run(db, STATEMENT_SET_POSITION,
                      DB_ROW(path, source, inode, born, db_integer(row->offset),
                             db_integer(row->line), db_text(row->digest),
                             db_text(row->chosen)),
                      error);
    return code < 0 ? code : 0;
}

struct journal_position *position_keep(struct write *write,
                                       const struct journal_position *rows,
                                       size_t count)
{
    struct journal_position *copies =
        write_keep_array(write, rows, count, sizeof *rows);

    for (size_t i = 0; i < count; i++) {
        copies[i].path = write_keep_text(write, rows[i].path);
        copies[i].source = write_keep_text(write, rows[i].source);
        copies[i].digest = write_keep_text(write, rows[i].digest);
        copies[i].chosen = write_keep_text(write, rows[i].chosen);
    }
    return copies;
}

struct position_reader {
    int (*each)(void *arg, const struct journal_position *row);
    void *arg;
};

static int position_row(void *arg, sqlite3_stmt *statement)
{
    const struct position_reader *reader = arg;
    struct journal_position row = {
        .path = db_column_text(statement, 0),
        .source = db_column_text(statement, 1),
        .inode = sqlite3_column_int64(statement, 2),
        .born = sqlite3_column_int64(statement, 3),
        .offset = sqlite3_column_int64(statement, 4),
        .line = sqlite3_column_int64(statement, 5),
        .digest = db_column_text(statement, 6),
        .chosen = db_column_text(statement, 7),
    };

    return reader->each(reader->arg, &row);
}

int journal_read_positions(struct journal *journal,
                           int (*each)(void *arg,
                                       const struct journal_position *row),
                           void *arg, struct error *error)
{
    struct position_reader reader = {each, arg};
    int64_t count = find_each(journal,
                              "SELECT path, source, inode, born, offset, line,"
                              " digest, chosen FROM positions"
                              " ORDER BY path, source, inode, born",
                              (struct db_row){0}, position_row, &reader, error);

    return count < 0 ? (int)count : 0;
}
