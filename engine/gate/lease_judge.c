#include "gate/lease_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "gate/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool lease_wanted(const struct gate_ask *ask)
{
    const struct action *action = ask->request->action;

    return ask->mode == GATE_LIVE && ask->way == GATE_ASKED &&
           action->kind == ACTION_REMEDIATION && action->undo;
}

/* ---- what it is of ------------------------------------------------------ */

void lease_key(const char *plugin, const char *action, const char *which,
               struct buf *key)
{
    buf_add(key, plugin, strlen(plugin) + 1);
    buf_add(key, action, strlen(action) + 1);
    buf_add_text(key, which);
}

/* Values as they are compared: an address in any spelling is that address.
 * What is encrypted says how, not what: a new key makes no other block. */
void lease_same(const struct action *action, const struct values *values,
                char same[HASH_HEX])
{
    struct hash *hash = hash_new();

    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *param = &action->params[i];
        const struct value *value = &values->items[i];
        struct buf text = {0};

        if (param->constant || param->encrypted)
            continue;
        hash_add_part(hash, str_of(param->name));
        if (value->secret)
            buf_printf(&text, "secret:%s", value->secret);
        else
            check_canonical(param->type, (struct str){value->text, value->len},
                            &text);
        hash_add_part(hash, buf_str(&text));
        buf_free(&text);
    }
    hash_end(hash, same);
}

static void put_params(const struct action *action, const struct values *values,
                       struct buf *buf)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '{');
    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *param = &action->params[i];
        const struct value *value = &values->items[i];

        if (param->constant)
            continue;
        if (param->encrypted && !value->secret && !value->len)
            continue;
        if (param->encrypted && !value->secret) {
            json_key(&out, param->name); /* there was one: it is not kept */
            json_put_null(&out);
        } else if (value->secret) {
            json_key(&out, param->name);
            json_open(&out, '{');
            json_text(&out, "secret", value->secret);
            json_close(&out, '}');
        } else {
            json_str(&out, param->name, (struct str){value->text, value->len});
        }
    }
    json_close(&out, '}');
}

/* The target, or else every parameter together. */
static void key_of(const struct gate_ask *ask, const struct judged *judged,
                   const char *same, struct buf *key)
{
    const struct action *action = ask->request->action;

    lease_key(action->plugin->name, action->name,
              judged->target ? judged->target : same, key);
}

struct lease *lease_of(struct leases *leases, const struct gate_ask *ask,
                       const struct judged *judged)
{
    char same[HASH_HEX];
    struct buf key = {0};
    struct lease *lease;

    lease_same(ask->request->action, &judged->values, same);
    key_of(ask, judged, same, &key);
    lease = table_get(leases->table, buf_str(&key));
    buf_free(&key);
    return lease;
}

struct lease *lease_made(struct leases *leases, const struct gate_ask *ask,
                         const struct judged *judged)
{
    const struct action *action = ask->request->action;
    struct lease *lease = ALLOC(struct lease);
    struct buf key = {0}, params = {0};

    lease->number = leases->next++;
    lease->plugin = alloc_text(action->plugin->name);
    lease->action = alloc_text(action->name);
    lease->target = alloc_text(judged->target);
    lease->set = alloc_text(ask->set ? ask->set : "");
    lease->started = clock_now();
    lease_same(action, &judged->values, lease->same);
    put_params(action, &judged->values, &params);
    lease->params = buf_take(&params);
    key_of(ask, judged, lease->same, &key);
    leases_add(leases, lease, buf_str(&key));
    buf_free(&key);
    return lease;
}

/* ---- may it be? --------------------------------------------------------- */

/* The journal keeps neither what is encrypted nor what is no UTF-8. */
static bool is_kept(const struct param *param, const struct value *value)
{
    return value->secret || !value->len ||
           (!param->encrypted &&
            str_utf8((struct str){value->text, value->len}));
}

/* The first input of another action that it will need, and that the journal
 * does not keep; or NULL. */
static const struct param *unknown_later(const struct action *later,
                                         const struct action *action,
                                         const struct values *values)
{
    for (size_t i = 0; later && i < later->nparams; i++) {
        const struct param *param = &later->params[i];
        const struct param *own =
            param->constant ? NULL : action_param(action, param->name, NULL);

        if (own && !is_kept(own, &values->items[action_index(action, own)]))
            return own;
    }
    return NULL;
}

static const char *refuse_unknown(const struct param *param,
                                  struct error *error)
{
    error_set(error, ERROR_INVALID,
              "its Undo or Verify needs \"%s\" too, and the journal keeps "
              "neither encrypted values nor what is no UTF-8; give a secret as "
              "riposte.secret \"NAME\"",
              param->name);
    return RULE_LEASE;
}

static const char *refuse_other(const struct lease *lease, struct error *error)
{
    error_set(error, ERROR_INVALID,
              "l%" PRId64 " (%s / %s on %s) holds that target with other "
              "parameters; riposte lease end l%" PRId64 " ends it",
              lease->number, lease->plugin, lease->action,
              lease->target ? lease->target : "the same", lease->number);
    return RULE_LEASE;
}

const char *lease_judge(struct leases *leases, const struct gate_ask *ask,
                        const struct judged *judged, struct lease **join,
                        struct error *error)
{
    const struct action *action = ask->request->action;
    const struct param *param =
        unknown_later(action->undo, action, &judged->values);
    char same[HASH_HEX];
    struct lease *lease;

    *join = NULL;
    if (!param)
        param = unknown_later(action->verify, action, &judged->values);
    if (param)
        return refuse_unknown(param, error);
    lease = lease_of(leases, ask, judged);
    if (!lease)
        return NULL;
    lease_same(action, &judged->values, same);
    if (strcmp(lease->same, same) != 0)
        return refuse_other(lease, error);
    if (lease->state == LEASE_IN_FORCE && !lease->under_way &&
        lease->restore != ask->run)
        *join = lease;
    return NULL;
}

const char *lease_undoing(struct leases *leases, const struct gate_ask *ask,
                          const struct judged *judged, struct error *error)
{
    const struct lease *lease = lease_of(leases, ask, judged);

    if (!lease || lease->target || lease->state != LEASE_UNDOING)
        return NULL;
    error_set(error, ERROR_BUSY, "l%" PRId64 " is being undone; ask again",
              lease->number);
    return RULE_LEASE;
}

/* Has that action the values which the lease's Undo would have? */
static bool is_given(const struct lease *lease, const struct action *undo,
                     const struct values *values)
{
    struct json_doc *doc =
        json_parse(str_of(lease->params), "journal", 0, NULL);
    bool same = doc != NULL;

    for (size_t i = 0; same && i < undo->nparams; i++) {
        const struct value *value = &values->items[i];
        const struct json *held =
            json_member(json_root(doc), undo->params[i].name);

        if (held && held->type == JSON_TEXT)
            same =
                str_same(held->as.text, (struct str){value->text, value->len});
    }
    json_free(doc);
    return same;
}

/* Is it what takes that lease back? */
static bool is_undo_of(const struct lease *lease, const struct action *action,
                       const struct judged *judged)
{
    const struct action *held =
        strcmp(lease->plugin, action->plugin->name) != 0
            ? NULL
            : plugin_action(action->plugin, lease->action, NULL);

    if (!held || held->undo != action || lease->under_way)
        return false;
    return lease->target && judged->target
               ? !strcmp(lease->target, judged->target)
               : is_given(lease, action, &judged->values);
}

void lease_undone(struct leases *leases, const struct action *action,
                  const struct judged *judged)
{
    struct lease *next;

    for (struct lease *lease = leases->all; lease; lease = next) {
        next = lease->next;
        if (is_undo_of(lease, action, judged))
            lease_change(leases, lease, LEASE_ENDED, "its Undo was asked for");
    }
}
