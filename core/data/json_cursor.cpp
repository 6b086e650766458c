#include "core/data/json_cursor.h"

#include "core/base/error.h"
#include "core/base/json_fault.h"
#include "core/base/json_walk.h"
#include "core/text/unicode.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

constexpr int deepest = 64;
// Keys of an object are kept in their order, which makes reading n of them cost n².
constexpr int mostKeys = 1000;

class KeyCount final : public JsonWalk
{
public:
    int count = 0;

private:
    void opened(int, bool) override {}
    void closed(bool) override {}
    void named(const std::string&) override { ++count; }
};

} // namespace

JsonCursor::JsonCursor(std::string_view text, std::string source, std::uint32_t line)
    : m_text(text)
    , m_source(std::move(source))
    , m_line(line)
{}

std::string jsonFault(std::string_view what)
{
    const std::string text = jsonFaultText(what);
    const std::size_t end = text.starts_with("parse error at ") ? text.find(": ") : text.npos;
    return end == text.npos ? text : text.substr(end + 2);
}

void JsonCursor::fail(const std::string& what)
{
    throw Error(ErrorKind::BadInput, fmt::format("{}, line {}: {}", m_source, m_line, what),
                "Check that the file is whole, valid JSON of the expected form.");
}

std::uint32_t JsonCursor::line()
{
    skipSpace();
    return m_line;
}

bool JsonCursor::isAtObject()
{
    return peek() == '{';
}

bool JsonCursor::isAtList()
{
    return peek() == '[';
}

bool JsonCursor::isAtEnd()
{
    skipSpace();
    return m_position >= m_text.size();
}

void JsonCursor::forEachMember(const std::function<bool(std::string_view)>& visit)
{
    expect("{", "an object");
    if (peek() == '}') {
        ++m_position;
        return;
    }
    do {
        const std::string_view key = readKey();
        expect(":", "a colon");
        if (!visit(key))
            return;
    } while (expect(",}", "a comma or }") == ',');
}

void JsonCursor::forEachElement(const std::function<bool()>& visit)
{
    expect("[", "a list");
    if (peek() == ']') {
        ++m_position;
        return;
    }
    do {
        if (!visit())
            return;
    } while (expect(",]", "a comma or ]") == ',');
}

std::string_view JsonCursor::skip()
{
    skipSpace();
    const std::size_t start = m_position;
    int depth = 0;
    while (m_position < m_text.size()) {
        const char c = m_text[m_position];
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            break;
        if (c == '"') {
            skipString();
            continue;
        }
        if ((c == '{' || c == '[') && ++depth > deepest)
            fail(fmt::format("nests deeper than {}", deepest));
        m_line += c == '\n' ? 1 : 0;
        ++m_position;
        if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    if (m_position == start)
        fail("expected a value");
    return m_text.substr(start, m_position - start);
}

Json JsonCursor::take()
{
    const std::uint32_t first = line();
    const std::string_view text = skip();
    if (std::ranges::count(text, ':') > mostKeys) {
        KeyCount keys;
        keys.walk(text);
        if (keys.count > mostKeys)
            fail(fmt::format("more than {} keys", mostKeys));
    }
    try {
        return Json::parse(text);
    } catch (const Json::exception& exception) {
        m_line = first;
        fail("not valid JSON: " + jsonFault(exception.what()));
    }
}

void JsonCursor::skipSpace()
{
    for (; m_position < m_text.size(); ++m_position) {
        const char c = m_text[m_position];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        m_line += c == '\n' ? 1 : 0;
    }
}

char JsonCursor::peek()
{
    skipSpace();
    return m_position < m_text.size() ? m_text[m_position] : '\0';
}

char JsonCursor::expect(std::string_view allowed, const char* what)
{
    const char found = peek();
    if (m_position >= m_text.size())
        fail(fmt::format("the file ends too early: expected {}", what));
    if (allowed.find(found) == std::string_view::npos)
        fail(fmt::format("expected {}, found {}", what,
                         Json(std::string(1, found)).dump(-1, ' ', true, Json::error_handler_t::replace)));
    ++m_position;
    return found;
}

std::string_view JsonCursor::readKey()
{
    if (peek() != '"')
        fail("expected a key in quotes");
    const std::size_t start = m_position + 1;
    skipString();
    return m_text.substr(start, m_position - start - 1);
}

void JsonCursor::skipString()
{
    for (++m_position; m_position < m_text.size(); ++m_position) {
        const char c = m_text[m_position];
        m_line += c == '\n' ? 1 : 0;
        if (c == '\\') {
            ++m_position;
        } else if (c == '"') {
            ++m_position;
            return;
        }
    }
    m_position = m_text.size();
    fail("a string is never closed");
}

} // namespace lora
