// Parsing alone: simdjson's own tree of every line, nothing of ours. The bound
// that bench_decide measures itself against.
#include <simdjson.h>

extern "C" size_t dom_parse(const char *data, size_t len);

// Parses NDJSON line by line; returns how many lines were JSON.
size_t dom_parse(const char *data, size_t len)
{
    simdjson::dom::parser parser;
    size_t count = 0;

    while (len) {
        const char *end = static_cast<const char *>(memchr(data, '\n', len));
        size_t line = end ? static_cast<size_t>(end - data) : len;
        simdjson::dom::element root;

        if (parser.parse(data, line).get(root) == simdjson::SUCCESS)
            count++;
        line += end ? 1 : 0;
        data += line;
        len -= line;
    }
    return count;
}
