#include "model/step.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

const char *const step_status_names[STEP_STATUS_COUNT] = {
    [STEP_PENDING] = "Pending",
    [STEP_EXECUTED] = "Executed",
    [STEP_FAILED] = "Failed to Execute",
    [STEP_NOT_STARTED] = "Not started",
    [STEP_TIMED_OUT] = "Timed out",
    [STEP_DENIED] = "Denied",
    [STEP_REFUSED] = "Refused",
    [STEP_UNKNOWN] = "Unknown",
    [STEP_DRY] = "Dry run",
};

const char *const run_outcome_names[] = {
    [RUN_DONE] = "done",       [RUN_FAILED] = "failed",
    [RUN_PARKED] = "parked",   [RUN_WAITING] = "waiting",
    [RUN_ABORTED] = "aborted",
};

const char *const request_kind_names[] = {
    [REQUEST_ACTION] = "action",   [REQUEST_LIST] = "list",
    [REQUEST_NOW] = "now",         [REQUEST_WAIT] = "wait",
    [REQUEST_APPROVE] = "approve", [REQUEST_PAST] = "past",
    [REQUEST_NOTE] = "note",
};

int request_kind_find(const char *name)
{
    for (int i = 0; i <= REQUEST_NOTE; i++)
        if (!strcmp(name, request_kind_names[i]))
            return i;
    return -1;
}

int step_status_find(struct str name)
{
    for (int i = 0; i < STEP_STATUS_COUNT; i++)
        if (str_is(name, step_status_names[i]))
            return i;
    return -1;
}

bool step_never_started(enum step_status status)
{
    return status == STEP_NOT_STARTED || status == STEP_REFUSED;
}

struct request *request_new(enum request_kind kind)
{
    struct request *request = ALLOC(struct request);

    request->kind = kind;
    return request;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    values_free(&request->values);
    free(request->reason);
    free(request->name);
    free(request->value);
    request_free(request->subject);
    free(request);
}

struct request *request_copy(const struct request *request)
{
    struct request *copy = request_new(request->kind);

    copy->action = request->action;
    if (request->action)
        copy->values = values_copy(&request->values);
    copy->timeout = request->timeout;
    copy->expires = request->expires;
    copy->reason = alloc_text(request->reason);
    copy->name = alloc_text(request->name);
    if (request->value)
        copy->value = alloc_copy(request->value, request->value_len);
    copy->value_len = request->value_len;
    copy->duration = request->duration;
    copy->quorum = request->quorum;
    if (request->subject)
        copy->subject = request_copy(request->subject);
    return copy;
}

/* Its name, so that a replay can tell one secret from another. */
static void write_secret(struct json_out *out, const char *param,
                         const char *name)
{
    json_key(out, param);
    json_open(out, '{');
    json_text(out, "secret", name);
    json_close(out, '}');
}

static void write_params(const struct request *request, struct json_out *out)
{
    const struct action *action = request->action;

    json_key(out, "params");
    json_open(out, '{');
    for (size_t i = 0; i < request->values.len; i++) {
        const struct value *value = &request->values.items[i];
        const struct param *param = &action->params[i];

        if (!value->given)
            continue;
        if (value->secret)
            write_secret(out, param->name, value->secret);
        else if (param->encrypted)
            json_text(out, param->name, "***");
        else
            json_str(out, param->name, (struct str){value->text, value->len});
    }
    json_close(out, '}');
}

static void write_seconds(struct json_out *out, const char *key, int64_t ms)
{
    if (ms)
        json_real(out, key, (double)ms / 1000);
}

static void write_action(const struct request *request, struct json_out *out)
{
    json_text(out, "plugin", request->action->plugin->name);
    json_text(out, "action", request->action->name);
    write_params(request, out);
    write_seconds(out, "timeout", request->timeout);
    write_seconds(out, "expires", request->expires);
    if (request->reason)
        json_text(out, "reason", request->reason);
}

static void write_request(const struct request *request, struct json_out *out);

static void write_approve(const struct request *request, struct json_out *out)
{
    json_str(out, "text", (struct str){request->value, request->value_len});
    if (request->subject) {
        json_key(out, "subject");
        write_request(request->subject, out);
    }
    write_seconds(out, "within", request->duration);
    if (request->name)
        json_text(out, "group", request->name);
    if (request->quorum)
        json_int(out, "quorum", request->quorum);
}

static void write_request(const struct request *request, struct json_out *out)
{
    struct str value = {request->value, request->value_len};

    json_open(out, '{');
    json_text(out, "kind", request_kind_names[request->kind]);
    switch (request->kind) {
    case REQUEST_ACTION:
        write_action(request, out);
        break;
    case REQUEST_LIST:
        json_text(out, "list", request->name);
        json_str(out, "value", value);
        break;
    case REQUEST_NOW:
        break;
    case REQUEST_WAIT:
        write_seconds(out, "seconds", request->duration);
        break;
    case REQUEST_APPROVE:
        write_approve(request, out);
        break;
    case REQUEST_PAST:
        json_text(out, "by", request->name);
        json_str(out, "value", value);
        write_seconds(out, "within", request->duration);
        break;
    case REQUEST_NOTE:
        json_str(out, "text", value);
        break;
    }
    json_close(out, '}');
}

void request_write(const struct request *request, struct buf *buf)
{
    struct json_out out = {.buf = buf};

    write_request(request, &out);
}

bool request_is(const struct request *request, struct str recorded,
                struct buf *asked)
{
    size_t before = asked->len;

    request_write(request, asked);
    return str_same((struct str){asked->data + before, asked->len - before},
                    recorded);
}
