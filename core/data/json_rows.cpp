#include "core/data/json_rows.h"

#include "core/base/error.h"
#include "core/data/json_cursor.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

constexpr int deepest = 64;
// Keys of an object are kept in their order, which makes reading n of them cost n².
constexpr int mostKeys = 1000;

[[noreturn]] void fail(const std::string& source, std::uint32_t line, const std::string& what)
{
    throw Error(ErrorKind::BadInput, fmt::format("{}, line {}: {}", source, line, what),
                "Each row has to be one JSON object, for example {\"text\": \"…\", \"label\": \"…\"}.");
}

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// End of the value that starts at `position`: strings are skipped whole, so brackets in texts do not count.
/// Nesting is checked here because the parser's value tree is walked recursively later.
std::size_t endOfValue(std::string_view text, std::size_t position, const std::string& source,
                       std::uint32_t line)
{
    int depth = 0;
    int keys = 0;
    bool isInString = false;
    for (; position < text.size(); ++position) {
        const char c = text[position];
        if (isInString) {
            if (c == '\\')
                ++position;
            else if (c == '"')
                isInString = false;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return position;
        if (c == '"') {
            isInString = true;
        } else if (c == ':') {
            if (++keys > mostKeys)
                fail(source, line, fmt::format("more than {} keys", mostKeys));
        } else if (c == '{' || c == '[') {
            if (++depth > deepest)
                fail(source, line, fmt::format("nests deeper than {}", deepest));
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return position + 1;
        }
    }
    return std::min(position, text.size());
}

Json parseObject(std::string_view text, const std::string& source, std::uint32_t line)
{
    Json value;
    try {
        value = Json::parse(text);
    } catch (const Json::exception& exception) {
        fail(source, line, "not valid JSON: " + jsonFault(exception.what()));
    }
    if (value.is_string())
        return {{"text", std::move(value)}};
    if (!value.is_object())
        fail(source, line,
             value.is_array() ? "expected an object, found a list"
                              : "expected an object, found " + value.dump(-1, ' ', true).substr(0, 40));
    return value;
}

} // namespace

void forEachJsonLine(std::string_view text, const std::string& source, const JsonRowVisitor& visit)
{
    std::uint32_t line = 0;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view row = text.substr(start, end - start);
        ++line;
        start = end + 1;
        if (std::ranges::all_of(row, isSpace))
            continue;
        const std::size_t first =
            static_cast<std::size_t>(std::ranges::find_if_not(row, isSpace) - row.begin());
        endOfValue(row, first, source, line);
        if (!visit(line, parseObject(row, source, line)))
            return;
    }
}

void forEachInJsonArray(std::string_view text, const std::string& source, const JsonRowVisitor& visit)
{
    std::uint32_t line = 1;
    std::size_t position = 0;
    const auto skipSpace = [&] {
        for (; position < text.size() && isSpace(text[position]); ++position)
            line += text[position] == '\n' ? 1 : 0;
    };
    const auto expect = [&](std::string_view allowed) {
        skipSpace();
        if (position >= text.size())
            fail(source, line,
                 "the list ends too early: expected " + std::string(allowed.size() > 1 ? ", or ]" : "["));
        if (allowed.find(text[position]) == std::string_view::npos)
            fail(source, line,
                 fmt::format("expected {}, found {}", allowed.size() > 1 ? ", or ]" : "[",
                             Json(std::string(1, text[position]))
                                 .dump(-1, ' ', true, Json::error_handler_t::replace)));
        return text[position++];
    };
    expect("[");
    skipSpace();
    if (position < text.size() && text[position] == ']')
        return;
    do {
        skipSpace();
        const std::size_t end = endOfValue(text, position, source, line);
        const std::string_view value = text.substr(position, end - position);
        if (!visit(line, parseObject(value, source, line)))
            return;
        line += static_cast<std::uint32_t>(std::ranges::count(value, '\n'));
        position = end;
    } while (expect(",]") == ',');
    skipSpace();
    if (position < text.size())
        fail(source, line, "text stands after the end of the list");
}

} // namespace lora
