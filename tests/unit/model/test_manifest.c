#include "model/catalogue.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/xml.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define OPEN                                                                   \
    "<r:Remediation-Plugin xmlns:r='RemediationVersion1.xsd' Name='P' "        \
    "Guid='2f6f81b1-09dd-4fe3-a0d5-58797a0a58ba'>"
#define CLOSE "</r:Remediation-Plugin>"

static struct problems problems;

static int teardown(void **state)
{
    (void)state;
    problems_free(&problems);
    return 0;
}

static struct plugin *parse(const char *xml)
{
    return manifest_parse(str_of(xml), "a.xml", "/srv/p", &problems);
}

static struct plugin *parse_action(const char *inside)
{
    char *xml = alloc_printf(OPEN "<r:Action Name='A' Command='c'>%s"
                                  "</r:Action>" CLOSE,
                             inside);
    struct plugin *plugin = parse(xml);

    free(xml);
    return plugin;
}

/* Exactly one problem, and it says this. */
static void expect(int warning, unsigned line, unsigned column,
                   const char *part)
{
    assert_int_equal(problems.len, 1);
    assert_int_equal(problems.items[0].warning, warning);
    if (!strstr(problems.items[0].error.text, part))
        fail_msg("\"%s\" lacks \"%s\"", problems.items[0].error.text, part);
    assert_string_equal(problems.items[0].error.where, "a.xml");
    assert_int_equal(problems.items[0].error.line, line);
    assert_int_equal(problems.items[0].error.column, column);
}

static void refused(const char *xml, unsigned line, unsigned column,
                    const char *part)
{
    problems_free(&problems);
    assert_null(parse(xml));
    expect(0, line, column, part);
}

static void warned(const char *inside, unsigned column, const char *part)
{
    struct plugin *plugin;

    problems_free(&problems);
    plugin = parse_action(inside);
    assert_non_null(plugin);
    expect(1, 1, column, part);
    plugin_free(plugin);
}

static void test_whole(void **state)
{
    struct plugin *p = parse(
        "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
        "<!-- a note -->\r\n"
        "<x:Remediation-Plugin Name=\" Some Plugin \" Version = \"3\"\r\n"
        "  Guid=\"2F6F81B1-09dd-4fe3-a0d5-58797a0a58ba\"\r\n"
        "  xmlns:x=\"RemediationVersion1.xsd\" IsLogRhythmPlugin=\"true\">\r\n"
        "  <x:Action Name=\"Allow Item \" Command=\" python.exe \">\r\n"
        "    <x:StringParameter Name=\"IP &amp; &lt;more&gt;\""
        " Switch=\" -a &quot;b c&quot; \" Order=\"2\">\r\n"
        "      <x:DefaultInput><x:SIP  /></x:DefaultInput>\r\n"
        "    </x:StringParameter>\r\n"
        "    <x:ConstantParameter Name=\"Script\" Switch=\"run.py\""
        " Order=\"1\">  </x:ConstantParameter>\r\n"
        "    <x:EncryptedParameter><x:StringParameter Name=\"Key\""
        " Switch=\"\" Order=\"Unsorted\"><x:DefaultInput><x:StaticInput"
        " Value=\" v \"/></x:DefaultInput></x:StringParameter>"
        "</x:EncryptedParameter>\r\n"
        "  </x:Action >\r\n"
        "</x:Remediation-Plugin>\r\n");
    const struct action *a;

    (void)state;
    assert_non_null(p);
    assert_int_equal(problems.len, 0);
    assert_string_equal(p->name, "Some Plugin");
    assert_string_equal(p->slug, "some_plugin");
    assert_string_equal(p->guid, "2F6F81B1-09dd-4fe3-a0d5-58797a0a58ba");
    assert_int_equal(p->version, 3);
    assert_true(p->vendor);
    assert_string_equal(p->folder, "/srv/p");
    assert_int_equal(p->nactions, 1);
    a = p->actions;
    assert_ptr_equal(a->plugin, p);
    assert_string_equal(a->name, "Allow Item");
    assert_string_equal(a->command, "python.exe");
    assert_int_equal(a->line, 6);
    assert_int_equal(a->kind, ACTION_REMEDIATION);
    assert_int_equal(a->timeout, 60000);
    assert_int_equal(a->target, -1);
    assert_true(a->stderr_fails);
    assert_int_equal(a->nsuccess, 1);
    assert_int_equal(a->success[0], 0);
    assert_int_equal(a->nparams, 3);
    assert_true(a->params[0].constant);
    assert_null(a->params[0].slug);
    assert_string_equal(a->params[1].name, "IP & <more>");
    assert_string_equal(a->params[1].slug, "ip_more");
    assert_string_equal(a->params[1].switch_text, " -a \"b c\" ");
    assert_int_equal(a->params[1].switch_words.len, 2);
    assert_string_equal(a->params[1].switch_words.items[1], "b c");
    assert_int_equal(a->params[1].preset, DEFAULT_FIELD);
    assert_string_equal(a->params[1].field, "SIP");
    assert_int_equal(a->params[1].line, 7);
    assert_true(a->params[2].encrypted);
    assert_false(a->params[2].numbered);
    assert_int_equal(a->params[2].preset, DEFAULT_STATIC);
    assert_string_equal(a->params[2].static_value, " v ");
    plugin_free(p);
}

static void test_order(void **state)
{
    struct plugin *p =
        parse_action("<r:StringParameter Name='u' Order='Unsorted'/>"
                     "<r:StringParameter Name='d' Order='8'/>"
                     "<r:StringParameter Name='e' Order='8'/>"
                     "<r:StringParameter Name='z'/>"
                     "<r:StringParameter Name='f' Order='10'/>"
                     "<r:ConstantParameter Name='a' Order='0'/>"
                     "<r:StringParameter Name='b' Order=' 1 '/>");
    char order[8] = "";

    (void)state;
    assert_non_null(p);
    assert_int_equal(problems.len, 0);
    for (size_t i = 0; i < p->actions->nparams; i++)
        order[i] = *p->actions->params[i].name;
    assert_string_equal(order, "abdefuz");
    plugin_free(p);
}

static void test_slugs(void **state)
{
    struct plugin *p =
        parse_action("<r:StringParameter Name='Host IP*'/>"
                     "<r:StringParameter Name='host-ip'/>"
                     "<r:StringParameter Name='***'/>"
                     "<r:StringParameter Name='User (Origin)'/>"
                     "<r:ConstantParameter Name='User Origin'/>");

    (void)state;
    assert_non_null(p);
    assert_null(p->actions->params[0].slug);
    assert_null(p->actions->params[1].slug);
    assert_null(p->actions->params[2].slug);
    assert_string_equal(p->actions->params[3].slug, "user_origin");
    plugin_free(p);

    p = parse("<r:Remediation-Plugin xmlns:r='RemediationVersion1.xsd' "
              "Name='防火墙' Guid='2f6f81b1-09dd-4fe3-a0d5-58797a0a58ba'>"
              "<r:Action Name='A' Command='c'/></r:Remediation-Plugin>");
    assert_int_equal(strlen(p->slug), strlen("plugin_12345678"));
    plugin_free(p);
}

static void test_dates(void **state)
{
    struct plugin *p = parse_action(
        "<r:StringParameter Name='D'><r:DefaultInput><r:AlarmDate>"
        "<r:TimeFormat TimeZone='Eastern Standard Time' "
        "FormattingString='MMMM dd, yyyy'/></r:AlarmDate></r:DefaultInput>"
        "</r:StringParameter>");

    (void)state;
    assert_non_null(p);
    assert_int_equal(problems.len, 0);
    assert_non_null(p->actions->params->time);
    assert_null(p->actions->params->unfit);
    plugin_free(p);
    p = parse_action("<r:StringParameter Name='D'><r:DefaultInput><r:AlarmDate>"
                     "<r:TimeFormat TimeZone=' ' FormattingString=' '/>"
                     "</r:AlarmDate></r:DefaultInput></r:StringParameter>");
    assert_int_equal(problems.len, 0);
    assert_null(p->actions->params->time);
    plugin_free(p);
    p = parse_action("<r:StringParameter Name='D'><r:DefaultInput>"
                     "<r:AlarmDate><r:TimeFormat /></r:AlarmDate>"
                     "</r:DefaultInput></r:StringParameter>");
    assert_int_equal(problems.len, 0);
    plugin_free(p);
}

/* A TimeFormat that cannot be kept: the plugin loads, the action cannot run. */
static void test_refused_dates(void **state)
{
    static const char *const attrs[] = {
        "TimeZone='Estern Standard Time'", "FormattingString='Q'",
        "FormattingString='yyyy \"'", "FormattingString='yyyy %'"};
    static const char *const reasons[] = {
        "did you mean \"Eastern Standard Time\"?", "one character alone",
        "never closed", "no specifier behind %"};

    (void)state;
    for (size_t i = 0; i < sizeof attrs / sizeof *attrs; i++) {
        char *xml = alloc_printf(
            "<r:StringParameter Name='D'><r:DefaultInput><r:AlarmDate>"
            "<r:TimeFormat %s/></r:AlarmDate></r:DefaultInput>"
            "</r:StringParameter>",
            attrs[i]);
        struct plugin *p = parse_action(xml);

        assert_non_null(p);
        expect(1, 1, 198, reasons[i]);
        assert_null(p->actions->params->time);
        assert_non_null(strstr(p->actions->params->unfit, reasons[i]));
        plugin_resolve(p, "/bin:/usr/bin");
        assert_non_null(strstr(p->actions->unavailable, reasons[i]));
        plugin_free(p);
        problems_free(&problems);
        free(xml);
    }
}

/* Where an action's first child begins. */
enum { COLUMN = sizeof OPEN + sizeof "<r:Action Name='A' Command='c'>" - 1 };

static void test_warnings(void **state)
{
    (void)state;
    warned("<r:ConstantParameter Nmae='x'/>", COLUMN,
           "unknown attribute \"Nmae\"; did you mean \"Name\"?");
    warned("<r:StrangeParameter/>", COLUMN,
           "\"StrangeParameter\"; did you mean \"StringParameter\"?");
    warned("<StringParameter/>", COLUMN, "unknown element");
    warned("<r:StringParameter Name='a' Order='2nd'/>", COLUMN, "Order");
    warned("<r:StringParameter Name='a' Order='99999999999999999999'/>", COLUMN,
           "Order");
    warned("<r:StringParameter/>", COLUMN, "without Name");
    warned("<r:StringParameter Name='a'/><r:StringParameter Name='a'/>",
           (unsigned)sizeof OPEN, "two parameters named \"a\"");
    warned("<r:StringParameter Name='a'><r:DefaultInput/>"
           "</r:StringParameter>",
           COLUMN + 28, "holds nothing");
    warned("<r:StringParameter Name='a'><r:DefaultInput><r:SIP/><r:DIP/>"
           "</r:DefaultInput></r:StringParameter>",
           COLUMN + 28, "holds several");
    warned("<r:StringParameter Name='a'><r:DefaultInput><r:DHostIP/>"
           "</r:DefaultInput></r:StringParameter>",
           COLUMN + 44, "DHostIP is an old name of DIP");
    warned("<r:StringParameter Name='a'><r:DefaultInput><r:ObjectType/>"
           "</r:DefaultInput></r:StringParameter>",
           COLUMN + 44, "ObjectType is no field");
    warned("<r:StringParameter Name='a'><r:DefaultInput><r:sip/>"
           "</r:DefaultInput></r:StringParameter>",
           COLUMN + 44, "spelt SIP");
    warned("<r:StringParameter Name='a'><r:DefaultInput><r:AlarmDate/>"
           "</r:DefaultInput></r:StringParameter>",
           COLUMN + 44, "without a TimeFormat");
    warned("<r:StringParameter Name='a'>text</r:StringParameter>", COLUMN,
           "text inside StringParameter");
}

static void root_warned(const char *attrs, const char *part)
{
    char *xml = alloc_printf("<Remediation-Plugin %s "
                             "xmlns='RemediationVersion1.xsd' Name='P'>"
                             "<Action Name='A' Command='c'/>"
                             "</Remediation-Plugin>",
                             attrs);
    struct plugin *plugin;

    problems_free(&problems);
    plugin = parse(xml);
    assert_non_null(plugin);
    if (part)
        expect(1, 1, 1, part);
    else
        assert_int_equal(problems.len, 0);
    plugin_free(plugin);
    free(xml);
}

#define GUID "Guid='2f6f81b1-09dd-4fe3-a0d5-58797a0a58ba' "

static void test_root_warnings(void **state)
{
    (void)state;
    root_warned(GUID, NULL); /* a default namespace is as good */
    root_warned(GUID "Version='0' IsLogRhythmPlugin='0'", NULL);
    root_warned("", "no Guid");
    root_warned("guid='2f6f81b1-09dd-4fe3-a0d5-58797a0a58ba'",
                "should be \"Guid\"");
    root_warned("Guid='c132a1d62-09dd-4fe3-a0d5-58797a0a58b'", "malformed");
    root_warned(GUID "Version='one'", "Version");
    root_warned(GUID "IsLogRhythmPlugin='perhaps'", "neither true nor false");
    root_warned(GUID "Vendor='x'", "unknown attribute \"Vendor\"");
}

static void test_errors(void **state)
{
    (void)state;
    refused("<a/>", 1, 1, "no SmartResponse manifest");
    refused("<r:Remediation-Plugin xmlns:r='other' Name='P'/>", 1, 1,
            "of namespace \"other\"");
    refused(OPEN CLOSE, 1, 1, "without an Action");
    refused(OPEN "\n <r:Action Name='A'/>" CLOSE, 2, 2, "without Command");
    refused(OPEN "\n <r:Action\n Name=' '\n Command='c'/>" CLOSE, 2, 2,
            "without Name");
    refused(OPEN "<r:Action Name='A' Command='c'/>\n"
                 "<r:Action Name=' A' Command='d'/>" CLOSE,
            2, 1, "two actions named \"A\", here and in line 1");
    refused(OPEN "<r:Action Name='A' Command='c'>\n"
                 "<r:EncryptedParameter/></r:Action>" CLOSE,
            2, 1, "exactly one");
}

static void test_ill_formed(void **state)
{
    (void)state;
    refused("", 1, 1, "ill-formed");
    refused("<a", 1, 3, "ill-formed");
    refused("<a>\n<b></a>", 2, 8, "ill-formed");
    refused("<a b=\"-file \"C:/x\"\"/>", 1, 14, "ill-formed");
    refused("<!-- c --><?xml version='1.0'?><a/>", 1, 16, "XML declaration");
    refused("<a>&nope;</a>", 1, 10, "'nope' not defined");
    refused("<r:a/>", 1, 5, "prefix r");
    refused("<a/>\n\n\xff", 3, 1, "not UTF-8");
    refused("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY e \"zz\">]>"
            "<a>&e;</a>",
            2, 13, "DOCTYPE");
    refused("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 1, 40, "DOCTYPE");
    problems_free(&problems);
    assert_null(
        manifest_parse((struct str){"<\0a/>", 5}, "a.xml", "/p", &problems));
    expect(0, 1, 2, "NUL");
}

/* A document of so many bytes: blanks before the end. */
static struct plugin *parse_size(size_t size)
{
    static const char start[] = OPEN "<r:Action Name='A' Command='c'/>";
    struct buf xml = {0};
    struct plugin *plugin;

    buf_add_text(&xml, start);
    while (xml.len < size - strlen(CLOSE))
        buf_add_byte(&xml, ' ');
    buf_add_text(&xml, CLOSE);
    assert_int_equal(xml.len, size);
    plugin = manifest_parse(buf_str(&xml), "a.xml", "/p", &problems);
    buf_free(&xml);
    return plugin;
}

static void test_size(void **state)
{
    struct plugin *plugin = parse_size(XML_SIZE_MAX);

    (void)state;
    assert_non_null(plugin);
    plugin_free(plugin);
    assert_null(parse_size(XML_SIZE_MAX + 1));
    expect(0, 0, 0, "larger than 256 KiB");
}

/* count times `item` inside the document's first action. */
static struct plugin *parse_many(size_t count, const char *item,
                                 const char *end)
{
    struct buf xml = {0};
    struct plugin *plugin;

    for (size_t i = 0; i < count; i++)
        buf_add_text(&xml, item);
    for (size_t i = 0; i < count; i++)
        buf_add_text(&xml, end);
    problems_free(&problems);
    plugin = parse_action(xml.data);
    buf_free(&xml);
    return plugin;
}

static void test_depth(void **state)
{
    struct plugin *plugin = parse_many(XML_DEPTH_MAX - 2, "<a>", "</a>");

    (void)state;
    assert_non_null(plugin); /* the root and the action are two */
    plugin_free(plugin);
    assert_null(parse_many(XML_DEPTH_MAX - 1, "<a>", "</a>"));
    assert_non_null(strstr(problems.items[0].error.text, "32 deep"));
    assert_int_equal(problems.items[0].error.code, ERROR_LIMIT);
    assert_null(parse_many(30000, "<a>", "</a>"));
}

static void test_elements(void **state)
{
    struct plugin *plugin = parse_many(XML_ELEMENTS_MAX - 2, "<a/>", "");

    (void)state;
    assert_non_null(plugin);
    plugin_free(plugin);
    assert_null(parse_many(XML_ELEMENTS_MAX - 1, "<a/>", ""));
    expect(0, 1, COLUMN + 4 * (XML_ELEMENTS_MAX - 2), "10000 elements");
}

static void test_params(void **state)
{
    struct plugin *plugin = parse_many(256, "<r:ConstantParameter/>", "");

    (void)state;
    assert_non_null(plugin);
    assert_int_equal(plugin->actions->nparams, 256);
    plugin_free(plugin);
    assert_null(parse_many(257, "<r:ConstantParameter/>", ""));
    expect(0, 1, COLUMN + 256 * 22, "256 parameters");
}

static struct plugin *parse_attrs(unsigned count, const char *before)
{
    struct buf xml = {0};
    struct plugin *plugin;

    buf_add_text(&xml, before);
    buf_add_text(&xml, "<r:Unknown");
    for (unsigned i = 0; i < count; i++)
        buf_printf(&xml, " a%x=''", i);
    buf_add_text(&xml, "/>");
    problems_free(&problems);
    plugin = parse_action(xml.data);
    buf_free(&xml);
    return plugin;
}

static void test_attributes(void **state)
{
    static const char quotes[] = "<!-- ' --><?p \" ?><![CDATA[<a '>]]>";
    struct plugin *plugin = parse_attrs(XML_ATTRIBUTES_MAX, quotes);
    clock_t before;

    (void)state;
    assert_non_null(plugin);
    plugin_free(plugin);
    assert_null(parse_attrs(XML_ATTRIBUTES_MAX + 1, quotes));
    expect(0, 1, COLUMN + sizeof quotes - 1, "more than 100 attributes");
    before = clock();
    assert_null(parse_attrs(29000, ""));
    expect(0, 1, COLUMN, "more than 100 attributes");
    print_message("29,000 attributes: %.3f s\n",
                  (double)(clock() - before) / CLOCKS_PER_SEC);
}

/* --- the real manifests --- */

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    struct buf bytes = {0};
    size_t got;

    assert_non_null(file);
    while ((got = fread(buf_room(&bytes, 65536), 1, 65536, file)) > 0)
        bytes.len += got;
    fclose(file);
    *len = bytes.len;
    return buf_take(&bytes);
}

static bool marked_ill_formed(const char *index, const char *file)
{
    const char *row = strstr(index, file);
    const char *end = row ? strchr(row, '\n') : NULL;
    const char *mark = row ? strstr(row, "ILL-FORMED") : NULL;

    assert_non_null(end);
    return mark && mark < end;
}

static void check_real(const char *path, const char *index, size_t root)
{
    size_t len;
    char *xml = read_file(path, &len);
    struct plugin *plugin;

    problems_free(&problems);
    plugin = manifest_parse((struct str){xml, len}, path, "/p", &problems);
    free(xml);
    if (marked_ill_formed(index, path + root)) {
        assert_null(plugin);
        assert_int_equal(problems.len, 1);
        assert_int_equal(problems.items[0].error.line, 4);
        assert_true(problems.items[0].error.column > 0);
        return;
    }
    for (size_t i = 0; i < problems.len; i++)
        if (!problems.items[i].warning)
            fail_msg("%s: %s", path, problems.items[i].error.text);
    assert_non_null(plugin);
    plugin_free(plugin);
}

static void test_corpus(void **state)
{
    const char *shared = getenv("RIPOSTE_SHARED");
    char *root =
        alloc_printf("%s/corpus/actions-xml/", shared ? shared : "../shared");
    char *pattern = alloc_printf("%s*/[Aa]ctions.xml", root);
    char *path = alloc_printf("%sINDEX.tsv", root);
    glob_t found = {0};

    (void)state;
    if (glob(pattern, 0, NULL, &found) == 0) {
        size_t len;
        char *index = read_file(path, &len);

        assert_int_equal(found.gl_pathc, 51);
        for (size_t i = 0; i < found.gl_pathc; i++)
            check_real(found.gl_pathv[i], index, strlen(root));
        free(index);
    }
    globfree(&found);
    free(path);
    free(pattern);
    if (found.gl_pathc == 0)
        print_message("skipped: no manifests below %s\n", root);
    free(root);
    if (found.gl_pathc == 0)
        skip();
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole),  TEST(test_order),         TEST(test_slugs),
        TEST(test_dates),  TEST(test_refused_dates), TEST(test_warnings),
        TEST(test_errors), TEST(test_ill_formed),    TEST(test_root_warnings),
        TEST(test_size),   TEST(test_depth),         TEST(test_elements),
        TEST(test_params), TEST(test_attributes),    TEST(test_corpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
