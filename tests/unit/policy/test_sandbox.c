#include "world.h"

#include "policy/embedded.h"
#include "policy/sandbox.h"

/* A sandbox whose limits a test can set. */
static struct sandbox sandbox;

static void open_sandbox(void)
{
    sandbox = (struct sandbox){.world = &world, .file = "policies/x.lua"};
    assert_int_equal(sandbox_open(&sandbox, NULL), 0);
}

static int run_text(lua_State *L)
{
    sandbox_run_file(L, *(struct str *)lua_touserdata(L, 1), "policies/x.lua");
    return 0;
}

static int run_chunk(const char *text, struct error *error)
{
    struct str chunk = str_of(text);

    return sandbox_call(&sandbox, run_text, &chunk, error);
}

static void holds_the_files_of_the_host(void **state)
{
    (void)state;
    assert_non_null(embedded_find("riposte/run.lua"));
    assert_non_null(embedded_find("riposte/sources/sshd.lua"));
    assert_null(embedded_find("riposte/nothing.lua"));
    assert_null(embedded_at(10000));
    for (size_t i = 0; embedded_at(i); i++) {
        assert_true(embedded_at(i)->text.len > 0);
        assert_ptr_equal(embedded_find(embedded_at(i)->name), embedded_at(i));
    }
}

/* Memory runs out at every few bytes of a policy that uses everything: it is
 * always said, and never does harm (ASan tells). */
static void survives_memory_running_out_anywhere(void **state)
{
    static const char text[] =
        "local riposte, re = require 'riposte', require 're'\n"
        "local look = riposte.action('Kit', 'Look')\n"
        "local t = setmetatable({}, { __index = function(_, k)\n"
        "  return k .. k end, __newindex = function(t, k) end })\n"
        "for i = 1, 40 do t[i] = t['k' .. i]\n"
        "  pcall(error, { t }) end\n"
        "local list = {}\n"
        "for w in re.gmatch('the quick brown fox', '\\\\w+') do\n"
        "  list[#list + 1] = re.gsub(w, 'o', function() return 'oo' end) end\n"
        "table.sort(list, function(a, b) return a > b end)\n"
        "for k, v in pairs { a = list, b = { list } } do\n"
        "  list[#list + 1] = ('%s %s'):format(k, v) end\n"
        "return table.concat(list, ('x'):rep(100))\n";
    size_t before, failed = 0;
    struct error error;

    (void)state;
    open_sandbox();
    before = sandbox.budget.memory;
    sandbox_close(&sandbox);
    for (size_t more = 0; more < 128 * 1024; more += 331) {
        int rc;

        open_sandbox();
        sandbox.budget.memory_max = before + more;
        sandbox.budget.spare = 0;
        rc = run_chunk(text, &error);
        assert_true(rc == 0 || rc == ERROR_LIMIT);
        assert_true(sandbox.budget.spent == (rc != 0));
        if (rc)
            assert_non_null(strstr(error.text, "of memory"));
        failed += rc != 0;
        sandbox_close(&sandbox);
    }
    /* It does get through with enough, and did not without. */
    open_sandbox();
    assert_int_equal(run_chunk(text, &error), 0);
    sandbox_close(&sandbox);
    assert_true(failed > 50);
}

static void limits_memory_exactly(void **state)
{
    struct error error;

    (void)state;
    open_sandbox();
    sandbox.budget.memory_max = 1024 * 1024;
    assert_int_equal(run_chunk("return #('x'):rep(400 * 1024)", &error), 0);
    assert_int_equal(run_chunk("local a = ('x'):rep(400 * 1024)\n"
                               "return a .. ('y'):rep(400 * 1024)",
                               &error),
                     ERROR_LIMIT);
    assert_string_equal(error.text, "used over 1 MiB of memory");
    assert_true(sandbox.budget.memory <= 1024 * 1024);
    sandbox_close(&sandbox);
}

/* A state gives back every byte that it counted. */
static void counts_memory_right(void **state)
{
    (void)state;
    open_sandbox();
    run_chunk("local t = {} for i = 1, 1000 do t[i] = { tostring(i) } end"
              " error(t)",
              NULL);
    sandbox_close(&sandbox);
    assert_int_equal(sandbox.budget.memory, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_the_files_of_the_host),
        cmocka_unit_test(survives_memory_running_out_anywhere),
        cmocka_unit_test(limits_memory_exactly),
        cmocka_unit_test(counts_memory_right),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
