/* The only C++ file: simdjson's DOM parser behind model/json.h. Nothing here
 * throws: only simdjson's error codes are used. */
extern "C" {
#include "base/alloc.h"
#include "model/json_inner.h"
}

#include <cstring>
#include <simdjson.h>

namespace dom = simdjson::dom;

namespace
{

/* What parsing needs and no document keeps. One per thread, because making a
 * parser costs more than most documents; it holds no state between calls. */
struct scratch {
    dom::parser parser{JSON_SIZE_MAX};
    char *padded = nullptr; /* owned: a copy with simdjson's padding */
    size_t cap = 0;

    ~scratch()
    {
        free(padded);
    }
};

scratch &this_thread()
{
    static thread_local scratch own;

    return own;
}

/* simdjson reads up to SIMDJSON_PADDING bytes past the end of its input. */
const char *pad(scratch &own, str text)
{
    size_t need = text.len + simdjson::SIMDJSON_PADDING;

    if (need > own.cap) {
        free(own.padded);
        own.cap = need < 4096 ? 4096 : 2 * need;
        own.padded = static_cast<char *>(alloc_bytes(own.cap));
    }
    if (text.len)
        memcpy(own.padded, text.data, text.len);
    memset(own.padded + text.len, 0, simdjson::SIMDJSON_PADDING);
    return own.padded;
}

/* One walk over simdjson's tape that copies it into a document. */
struct copier {
    json_doc *doc;
    const char *where;
    unsigned line;
    error *reason;
    size_t values;

    str keep(std::string_view text)
    {
        return json_keep(doc, str{text.data(), text.size()});
    }

    int refuse(int code, const char *text, int limit)
    {
        return error_at(reason, code, where, line, 0, text, limit);
    }

    json *room(size_t count)
    {
        values += count;
        if (values > JSON_MEMBERS_MAX) {
            refuse(ERROR_LIMIT, "JSON with more than %d values",
                   JSON_MEMBERS_MAX);
            return nullptr;
        }
        return static_cast<json *>(json_room(doc, count * sizeof(json)));
    }

    int object(json *into, dom::object from, int depth)
    {
        size_t count = 0;
        str twice;
        json *items = room(from.size());

        if (!items)
            return ERROR_LIMIT;
        for (dom::key_value_pair member : from) {
            json *item = &items[count++];

            item->line = 0;
            item->key = keep(member.key);
            if (int code = value(item, member.value, depth + 1))
                return code;
        }
        into->as.list = {items, count};
        if (json_duplicate(items, count, &twice))
            return error_at(reason, ERROR_INVALID, where, line, 0,
                            "the key \"%.*s\" stands twice in one object",
                            static_cast<int>(twice.len), twice.data);
        return 0;
    }

    int array(json *into, dom::array from, int depth)
    {
        size_t count = 0;
        json *items = room(from.size());

        if (!items)
            return ERROR_LIMIT;
        for (dom::element element : from) {
            json *item = &items[count++];

            item->line = 0;
            item->key = {"", 0};
            if (int code = value(item, element, depth + 1))
                return code;
        }
        into->as.list = {items, count};
        return 0;
    }

    int value(json *into, dom::element from, int depth)
    {
        switch (from.type()) {
        case dom::element_type::OBJECT:
        case dom::element_type::ARRAY:
            if (depth > JSON_DEPTH_MAX)
                return refuse(ERROR_LIMIT, "JSON nested deeper than %d",
                              JSON_DEPTH_MAX);
            into->type = from.is_object() ? JSON_OBJECT : JSON_ARRAY;
            return from.is_object()
                       ? object(into, from.get_object().value_unsafe(), depth)
                       : array(into, from.get_array().value_unsafe(), depth);
        case dom::element_type::STRING:
            into->type = JSON_TEXT;
            into->as.text = keep(from.get_string().value_unsafe());
            return 0;
        case dom::element_type::INT64:
            into->type = JSON_INT;
            into->as.integer = from.get_int64().value_unsafe();
            return 0;
        case dom::element_type::UINT64:
            into->type = JSON_UINT;
            into->as.natural = from.get_uint64().value_unsafe();
            return 0;
        case dom::element_type::DOUBLE:
            into->type = JSON_REAL;
            into->as.real = from.get_double().value_unsafe();
            return 0;
        case dom::element_type::BOOL:
            into->type = JSON_BOOL;
            into->as.boolean = from.get_bool().value_unsafe();
            return 0;
        case dom::element_type::NULL_VALUE:
            into->type = JSON_NULL;
            return 0;
        }
        return refuse(ERROR_INVALID, "JSON of a kind unknown to us (%d)", 0);
    }
};

json_fault fault_of(simdjson::error_code code)
{
    switch (code) {
    case simdjson::MEMALLOC:
        alloc_bytes(SIZE_MAX); /* ends the process */
        return JSON_FAULT_SHAPE;
    case simdjson::UTF8_ERROR:
        return JSON_FAULT_UTF8;
    case simdjson::NUMBER_ERROR:
        return JSON_FAULT_NUMBER;
    case simdjson::DEPTH_ERROR:
        return JSON_FAULT_DEPTH;
    default:
        return JSON_FAULT_SHAPE;
    }
}

/* Room for the tree: a value takes at least two bytes of text, but seldom
 * fewer than sixteen; the slack is for the fields of an alarm. */
size_t guess(str text)
{
    return text.len + text.len / 16 * sizeof(json) + 1024;
}

} // namespace

extern "C" struct json_doc *json_parse(struct str text, const char *where,
                                       unsigned line, struct error *error)
{
    scratch &own = this_thread();
    dom::element root;
    simdjson::error_code code;
    json *top;

    if (text.len > JSON_SIZE_MAX) {
        error_at(error, ERROR_LIMIT, where, line, 0,
                 "JSON of %zu bytes; at most %d are taken", text.len,
                 JSON_SIZE_MAX);
        return nullptr;
    }
    code = own.parser.parse(pad(own, text), text.len, /* realloc */ false)
               .get(root);
    if (code) {
        json_explain(text, fault_of(code), simdjson::error_message(code), where,
                     line, error);
        return nullptr;
    }
    copier copy{json_sized(guess(text)), where, line, error, 0};
    top = json_root_mutable(copy.doc);
    top->line = line;
    if (copy.value(top, root, 1)) {
        json_free(copy.doc);
        return nullptr;
    }
    return copy.doc;
}

extern "C" int json_library(const char **version, struct error *error)
{
    (void)error;
    *version = SIMDJSON_STRINGIFY(SIMDJSON_VERSION);
    return 0;
}
