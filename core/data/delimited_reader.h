#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

enum class Quoting { Rfc4180, None };

/// Reads records of a delimited text one at a time. Lines end with \n or \r\n (or \r in a text without \n);
/// blank lines are skipped. Throws lora::Error (BadInput) naming source and line for an unclosed quote, text
/// after a closing quote or a field above 4 MiB.
class DelimitedReader
{
public:
    struct Record
    {
        std::vector<std::string> fields;
        std::uint32_t line = 0; ///< where it starts, from 1
    };

    DelimitedReader(std::string_view text, char delimiter, Quoting quoting, std::string source);

    /// False at the end.
    bool next(Record& record);

private:
    bool isLineEnd(char c) const { return c == m_lineEnd || (c == '\r' && isReturnBeforeNewline()); }
    bool isReturnBeforeNewline() const;
    void skipLineEnd();
    void readQuoted(std::string& field);
    void readPlain(std::string& field);
    void checkSize(std::size_t size, std::uint32_t line) const;

    std::string_view m_text;
    char m_delimiter;
    Quoting m_quoting;
    std::string m_source;
    char m_lineEnd;
    std::size_t m_position = 0;
    std::uint32_t m_line = 1;
};

} // namespace lora
