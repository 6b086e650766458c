#include "core/data/squad_reader.h"

#include "core/base/error.h"
#include "core/data/json_cursor.h"

#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

/// A part of the file to be read after others that stand behind it.
struct Deferred
{
    std::string_view text;
    std::uint32_t line = 1;
};

class SquadReading
{
public:
    SquadReading(std::string source, const JsonRowVisitor& visit)
        : m_source(std::move(source))
        , m_visit(visit)
    {}

    void readFile(std::string_view text)
    {
        JsonCursor cursor(text, m_source);
        cursor.forEachMember([&](std::string_view key) {
            if (key == "data")
                cursor.forEachElement([&] { return readArticle(cursor); });
            else
                cursor.skip();
            return m_isReading;
        });
        if (m_isReading && !cursor.isAtEnd())
            cursor.fail("text stands after the end of the document");
    }

private:
    bool readArticle(JsonCursor& cursor)
    {
        m_title.clear();
        cursor.forEachMember([&](std::string_view key) {
            if (key == "title")
                m_title = textOf(cursor, "title");
            else if (key == "paragraphs")
                cursor.forEachElement([&] { return readParagraph(cursor); });
            else
                cursor.skip();
            return m_isReading;
        });
        return m_isReading;
    }

    bool readParagraph(JsonCursor& cursor)
    {
        const std::uint32_t line = cursor.line();
        std::optional<std::string> context;
        std::optional<Deferred> questions;
        cursor.forEachMember([&](std::string_view key) {
            if (key == "context") {
                context = textOf(cursor, "context");
            } else if (key == "qas") {
                const std::uint32_t first = cursor.line();
                questions = Deferred{cursor.skip(), first};
            } else {
                cursor.skip();
            }
            return true;
        });
        if (!context || !questions)
            JsonCursor({}, m_source, line).fail("a paragraph needs \"context\" and \"qas\"");
        m_context = std::move(*context);
        JsonCursor inner(questions->text, m_source, questions->line);
        inner.forEachElement([&] { return readQuestion(inner); });
        return m_isReading;
    }

    bool readQuestion(JsonCursor& cursor)
    {
        const std::uint32_t line = cursor.line();
        if (!cursor.isAtObject())
            cursor.fail("expected a question as an object");
        const Json found = cursor.take();
        const auto question = found.find("question");
        if (question == found.end() || !question->is_string())
            JsonCursor({}, m_source, line).fail("a question without \"question\" text");
        Json row = {{"id", found.value("id", Json())},
                    {"title", m_title},
                    {"question", *question},
                    {"context", m_context}};
        const auto impossible = found.find("is_impossible");
        const bool isImpossible =
            impossible != found.end() && impossible->is_boolean() && impossible->get<bool>();
        row["answers"] = isImpossible ? Json::array() : found.value("answers", Json());
        m_isReading = m_visit(line, row);
        return m_isReading;
    }

    static std::string textOf(JsonCursor& cursor, const char* what)
    {
        const Json value = cursor.take();
        if (!value.is_string())
            cursor.fail(std::string(what) + ": expected text");
        return value.get<std::string>();
    }

    std::string m_source;
    const JsonRowVisitor& m_visit;
    std::string m_title, m_context;
    bool m_isReading = true;
};

} // namespace

bool isSquad(std::string_view text)
{
    try {
        bool isFound = false;
        JsonCursor cursor(text, "");
        cursor.forEachMember([&](std::string_view key) {
            if (key != "data" || !cursor.isAtList()) {
                cursor.skip();
                return true;
            }
            cursor.forEachElement([&] {
                if (!cursor.isAtObject())
                    return false;
                cursor.forEachMember([&](std::string_view inner) {
                    isFound = inner == "paragraphs";
                    if (!isFound)
                        cursor.skip();
                    return !isFound;
                });
                return false;
            });
            return false;
        });
        return isFound;
    } catch (const Error&) {
        return false;
    }
}

void forEachSquadQuestion(std::string_view text, const std::string& source, const JsonRowVisitor& visit)
{
    SquadReading(source, visit).readFile(text);
}

} // namespace lora
