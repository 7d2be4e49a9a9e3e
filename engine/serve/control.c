#include "serve/control.h"

#include "base/alloc.h"
#include "model/json_out.h"
#include "serve/listen.h"

#include <stdlib.h>
#include <string.h>

struct control_ask {
    struct control *control;       /* NULL: it is closed */
    struct connection *connection; /* NULL: nobody listens any more */
    struct control_ask *next;      /* of the queue */
    struct words words;            /* owned: empty until the line is there */
    bool asked;                    /* it was queued */
    bool known;                    /* who it is: */
    int64_t uid, gid;
};

struct control {
    struct control_config config; /* without its path */
    struct listener *listener;
    struct control_ask *first; /* queued; the first is being carried out */
};

/* ---- the queue ---------------------------------------------------------- */

static void carry_out(struct control *control)
{
    if (control->first)
        control->config.ask(control->config.arg, control->first);
}

static void enqueue(struct control *control, struct control_ask *ask)
{
    struct control_ask **at = &control->first;

    while (*at)
        at = &(*at)->next;
    *at = ask;
    ask->asked = true;
    if (control->first == ask)
        carry_out(control);
}

static void ask_free(struct control_ask *ask)
{
    words_free(&ask->words);
    free(ask);
}

/* ---- answers ------------------------------------------------------------ */

static void send_line(struct control_ask *ask, struct json_out *out)
{
    json_close(out, '}');
    buf_add_byte(out->buf, '\n');
    if (ask->connection)
        connection_send(ask->connection, buf_str(out->buf));
    buf_free(out->buf);
}

void control_out(struct control_ask *ask, struct str bytes)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    if (!bytes.len)
        return;
    json_open(&out, '{');
    json_int(&out, "out", (int64_t)bytes.len);
    send_line(ask, &out);
    if (ask->connection)
        connection_send(ask->connection, bytes);
}

void control_notes(struct control_ask *ask, struct str lines)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    if (!lines.len)
        return;
    json_open(&out, '{');
    json_str(&out, "notes", lines);
    send_line(ask, &out);
}

static void put_error(struct json_out *out, const struct error *error)
{
    json_key(out, "error");
    json_open(out, '{');
    json_int(out, "code", error->code);
    json_text(out, "where", error->where[0] ? error->where : NULL);
    json_int(out, "line", error->line);
    json_int(out, "column", error->column);
    json_str(out, "text", str_of(error->text));
    json_close(out, '}');
}

static void send_end(struct control_ask *ask, int status,
                     const struct error *error)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_open(&out, '{');
    json_int(&out, "exit", status);
    if (error->code)
        put_error(&out, error);
    send_line(ask, &out);
    if (ask->connection)
        connection_finish(ask->connection);
}

static struct control *leave_queue(struct control_ask *ask)
{
    struct control *control = ask->control;

    if (control)
        control->first = ask->next;
    ask->control = NULL;
    ask->next = NULL;
    return control;
}

void control_detach(struct control_ask *ask)
{
    struct control *control = leave_queue(ask);

    if (control)
        carry_out(control);
}

bool control_listens(const struct control_ask *ask)
{
    return ask->connection != NULL;
}

void control_end(struct control_ask *ask, int status, const struct error *error)
{
    struct control *control = leave_queue(ask);

    send_end(ask, status, error);
    ask->asked = false;
    if (!ask->connection)
        ask_free(ask);
    if (control)
        carry_out(control);
}

/* ---- requests ----------------------------------------------------------- */

static int wrong(struct error *error)
{
    return error_set(error, ERROR_INVALID,
                     "a request is {\"words\":[\"COMMAND\",…]}");
}

static int take_words(struct words *words, const struct json *list,
                      struct error *error)
{
    if (!list || list->type != JSON_ARRAY || !list->as.list.len)
        return wrong(error);
    for (size_t i = 0; i < list->as.list.len; i++) {
        const struct json *item = &list->as.list.items[i];
        char *word;

        if (item->type != JSON_TEXT ||
            memchr(item->as.text.data, '\0', item->as.text.len))
            return wrong(error);
        word = str_copy(item->as.text);
        words_add(words, word);
        free(word);
    }
    return 0;
}

static int read_request(struct control_ask *ask,
                        const struct cut_record *record, struct error *error)
{
    struct json_doc *doc;
    int code;

    if (record->refused)
        return error_set(error, ERROR_LIMIT, "%s", record->refused);
    doc = json_parse(record->bytes, "the request", 0, error);
    if (!doc)
        return error->code;
    code = take_words(&ask->words, json_member(json_root(doc), "words"), error);
    json_free(doc);
    return code;
}

static void on_record(void *user, const struct cut_record *record)
{
    struct control_ask *ask = user;
    struct error error = {0};

    if (ask->asked || ask->words.len)
        return; /* one request a connection */
    if (read_request(ask, record, &error))
        send_end(ask, 2, &error);
    else
        enqueue(ask->control, ask);
}

/* ---- connections -------------------------------------------------------- */

static void *on_opened(void *arg, struct connection *connection)
{
    struct control_ask *ask = ALLOC(struct control_ask);
    struct ucred peer;

    *ask = (struct control_ask){.control = arg, .connection = connection};
    ask->known = !connection_peer(connection, &peer);
    if (ask->known) {
        ask->uid = (int64_t)peer.uid;
        ask->gid = (int64_t)peer.gid;
    }
    return ask;
}

static bool on_ready(void *user)
{
    const struct control_ask *ask = user;

    return !ask->asked;
}

static void on_ended(void *user)
{
    struct control_ask *ask = user;

    if (!ask->asked && ask->connection)
        connection_finish(ask->connection);
}

static void on_closed(void *user)
{
    struct control_ask *ask = user;

    ask->connection = NULL;
    if (!ask->asked)
        ask_free(ask);
}

const struct words *control_words(const struct control_ask *ask)
{
    return &ask->words;
}

bool control_peer(const struct control_ask *ask, int64_t *uid, int64_t *gid)
{
    *uid = ask->uid;
    *gid = ask->gid;
    return ask->known;
}

/* ---- its life ----------------------------------------------------------- */

int control_open(struct control **out, const struct control_config *config,
                 struct error *error)
{
    struct control *control = ALLOC(struct control);
    struct listen_config listen = {
        .loop = config->loop,
        .name = "the control socket",
        .cut = cut_line,
        .record_max = CONTROL_LINE_MAX,
        .too_long = "a request has at most 65536 bytes",
        .connections_max = CONTROL_CONNECTIONS_MAX,
        .events = {.opened = on_opened,
                   .ready = on_ready,
                   .record = on_record,
                   .ended = on_ended,
                   .closed = on_closed,
                   .arg = control},
    };
    /* Roles say who may do what; the folder, who gets here at all. */
    int code =
        listen_unix(&control->listener, &listen, config->path, 0666, error);

    control->config = *config;
    control->config.path = NULL;
    if (code)
        free(control);
    *out = code ? NULL : control;
    return code;
}

/* What is queued, and not being carried out, is forgotten. */
void control_close(struct control *control)
{
    struct control_ask *ask, *next;

    if (!control)
        return;
    for (ask = control->first; ask; ask = next) {
        next = ask->next;
        ask->control = NULL;
        ask->next = NULL;
        ask->asked = ask == control->first;
    }
    listener_close(control->listener);
    free(control);
}
