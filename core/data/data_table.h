#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lora {

/// Something about a data file the user should know; it does not stop reading.
struct DataProblem
{
    std::uint32_t line = 0; ///< in the file, from 1; 0: the file as a whole
    std::string text;

    bool operator==(const DataProblem&) const = default;
};

enum class DataFormat {
    Csv,       ///< RFC 4180, separated by commas (or by semicolons where these fit and commas do not)
    Tsv,       ///< separated by tabs, without quoting
    JsonLines, ///< one object a line
    JsonArray, ///< one list of objects
    Text,      ///< one row a line, in one column named "text"; or the whole as one row
    Squad,     ///< questions of a SQuAD file: columns id, title, question, context, answers
    Conll      ///< sentences as lists of words: columns tokens, tags
};

const char* toString(DataFormat format);

/// A data file as rows of text cells, all valid UTF-8; every row has one cell for each column. A cell that is
/// a list or an object (words, answers, messages) holds it as JSON text.
struct DataTable
{
    std::vector<std::string> columns; ///< names; "0", "1", … where the file has no header
    std::vector<std::vector<std::string>> rows;
    std::vector<std::uint32_t> lines; ///< line of each row's start, from 1
    std::vector<DataProblem> problems;
    DataFormat format = DataFormat::Csv;
    bool hasHeader = true;
    std::string source; ///< the file, for messages
    std::string hash;   ///< of the file's bytes, 16 hexadecimal digits
};

/// "file.tsv, line 12"
std::string placeText(const DataTable& table, std::size_t row);

} // namespace lora
