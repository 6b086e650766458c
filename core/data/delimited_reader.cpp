#include "core/data/delimited_reader.h"

#include "core/base/error.h"

#include <fmt/format.h>

namespace lora {

namespace {

constexpr std::size_t largestField = 4u << 20;
constexpr std::size_t mostFields = 1000;

} // namespace

DelimitedReader::DelimitedReader(std::string_view text, char delimiter, Quoting quoting, std::string source)
    : m_text(text)
    , m_delimiter(delimiter)
    , m_quoting(quoting)
    , m_source(std::move(source))
    , m_lineEnd(text.find('\n') == std::string_view::npos ? '\r' : '\n')
{}

bool DelimitedReader::isReturnBeforeNewline() const
{
    return m_position + 1 < m_text.size() && m_text[m_position + 1] == '\n';
}

void DelimitedReader::skipLineEnd()
{
    if (m_position >= m_text.size())
        return;
    m_position += m_text[m_position] == '\r' && isReturnBeforeNewline() ? 2 : 1;
    ++m_line;
}

bool DelimitedReader::next(Record& record)
{
    while (m_position < m_text.size() && isLineEnd(m_text[m_position]))
        skipLineEnd();
    if (m_position >= m_text.size())
        return false;
    record.line = m_line;
    record.fields.clear();
    while (true) {
        if (record.fields.size() == mostFields)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}, line {}: more than {} fields", m_source, record.line, mostFields),
                        "Check that the file is text separated by commas or tabs.");
        std::string& field = record.fields.emplace_back();
        const bool isQuoted =
            m_quoting == Quoting::Rfc4180 && m_position < m_text.size() && m_text[m_position] == '"';
        isQuoted ? readQuoted(field) : readPlain(field);
        if (m_position >= m_text.size() || m_text[m_position] != m_delimiter)
            break;
        ++m_position;
    }
    skipLineEnd();
    return true;
}

void DelimitedReader::readQuoted(std::string& field)
{
    const std::uint32_t opened = m_line;
    ++m_position;
    while (true) {
        const std::size_t quote = m_text.find('"', m_position);
        if (quote == std::string_view::npos) {
            checkSize(m_text.size() - m_position, opened);
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{}, line {}: a quote opens a field and is never closed", m_source, opened),
                "Close the quote; a quote inside a quoted field is written twice (\"\").");
        }
        const std::string_view part = m_text.substr(m_position, quote - m_position);
        checkSize(field.size() + part.size(), opened);
        field += part;
        m_line += static_cast<std::uint32_t>(std::ranges::count(part, m_lineEnd));
        m_position = quote + 1;
        if (m_position >= m_text.size() || m_text[m_position] != '"')
            break;
        field += '"';
        ++m_position;
    }
    const bool isAtEnd =
        m_position >= m_text.size() || m_text[m_position] == m_delimiter || isLineEnd(m_text[m_position]);
    if (!isAtEnd)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}, line {}: text stands after a closing quote", m_source, m_line),
                    "A quote inside a quoted field is written twice (\"\").");
}

void DelimitedReader::readPlain(std::string& field)
{
    const std::size_t start = m_position;
    while (m_position < m_text.size() && m_text[m_position] != m_delimiter && !isLineEnd(m_text[m_position]))
        ++m_position;
    checkSize(m_position - start, m_line);
    field = m_text.substr(start, m_position - start);
}

void DelimitedReader::checkSize(std::size_t size, std::uint32_t line) const
{
    if (size > largestField)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}, line {}: a field of more than {} bytes", m_source, line, largestField),
                    "Look for an unclosed quote or a missing line end there.");
}

} // namespace lora
