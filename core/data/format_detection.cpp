#include "core/data/format_detection.h"

#include "core/base/error.h"
#include "core/data/conll_reader.h"
#include "core/data/dataset_reader.h"
#include "core/data/delimited_reader.h"
#include "core/data/squad_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>

namespace lora {

namespace {

constexpr std::size_t sniffedRecords = 20;
constexpr std::size_t sniffedBytes = 1u << 16;

/// Fields that all of the first records have; 0 when they differ or cannot be read.
std::size_t commonFields(std::string_view text, char delimiter, Quoting quoting)
{
    try {
        DelimitedReader reader(text.substr(0, sniffedBytes), delimiter, quoting, "");
        DelimitedReader::Record record;
        std::size_t fields = 0;
        // The last record may be cut off by the sniffing limit: it counts only when the text ended before.
        const bool isWhole = text.size() <= sniffedBytes;
        std::size_t pending = 0;
        for (std::size_t i = 0; i < sniffedRecords && reader.next(record); ++i) {
            if (pending > 0 && fields > 0 && pending != fields)
                return 0;
            fields = pending > 0 ? pending : fields;
            pending = record.fields.size();
        }
        if (fields == 0)
            return pending;
        return !isWhole || pending == fields ? fields : 0;
    } catch (const Error&) {
        return 0;
    }
}

bool hasTabColumns(std::string_view text)
{
    return commonFields(text, '\t', Quoting::None) >= 2;
}

/// A file named .csv may hold tabs all the same. Quotes are then part of the texts, unless every field that
/// opens with one closes with one.
bool holdsUnquotedTabs(std::string_view text)
{
    if (commonFields(text, ',', Quoting::Rfc4180) >= 2 || !hasTabColumns(text))
        return false;
    bool isAnyQuoted = false;
    DelimitedReader reader(text, '\t', Quoting::None, "");
    for (DelimitedReader::Record record; reader.next(record);) {
        for (const std::string& field : record.fields) {
            const bool isOpen = field.starts_with('"');
            if (isOpen && (field.size() < 2 || !field.ends_with('"')))
                return true;
            isAnyQuoted = isAnyQuoted || isOpen;
        }
    }
    return !isAnyQuoted;
}

DataFormat jsonKind(std::string_view text)
{
    if (isSquad(text))
        return DataFormat::Squad;
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '[' ? DataFormat::JsonArray
                                                                 : DataFormat::JsonLines;
}

DataFormat sniffed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && (text[first] == '{' || text[first] == '['))
        return jsonKind(text);
    if (isConll(text))
        return DataFormat::Conll;
    if (hasTabColumns(text))
        return DataFormat::Tsv;
    if (commonFields(text, ',', Quoting::Rfc4180) >= 2)
        return DataFormat::Csv;
    return DataFormat::Text;
}

std::string endingOf(const std::string& source)
{
    std::string ending = std::filesystem::path(source).extension().string();
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending;
}

} // namespace

char csvDelimiter(std::string_view text)
{
    if (commonFields(text, ',', Quoting::Rfc4180) >= 2)
        return ',';
    for (const char other : {';', '\t'}) {
        if (commonFields(text, other, Quoting::Rfc4180) >= 2)
            return other;
    }
    return ',';
}

const char* binaryKind(std::string_view bytes)
{
    using namespace std::string_view_literals;
    constexpr std::array<std::pair<std::string_view, const char*>, 8> starts{{
        {"PK\x03\x04"sv, "a ZIP archive or spreadsheet"},
        {"\x1F\x8B"sv, "gzip-compressed"},
        {"PAR1"sv, "a Parquet file"},
        {"ARROW1"sv, "an Arrow file"},
        {"SQLite format 3"sv, "an SQLite database"},
        {"%PDF"sv, "a PDF document"},
        {"\xFF\xFE"sv, "UTF-16 text"},
        {"\xFE\xFF"sv, "UTF-16 text"},
    }};
    for (const auto& [start, kind] : starts) {
        if (bytes.starts_with(start))
            return kind;
    }
    const std::string_view head = bytes.substr(0, 4096);
    const auto controls = std::ranges::count_if(
        head, [](unsigned char c) { return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f'; });
    // Binary formats have zero bytes early (lengths) or many control characters; a text has one by accident.
    const bool startsWithZero = head.substr(0, 16).find('\0') != std::string_view::npos && controls >= 4;
    return startsWithZero || static_cast<std::size_t>(controls) * 20 > head.size() ? "a binary file"
                                                                                   : nullptr;
}

DataFormat detectFormat(std::string_view bytes, const std::string& source)
{
    const std::string_view text = bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        throw Error(ErrorKind::BadInput, source + ": the file is empty",
                    "Give a file with at least one row.");
    if (const char* kind = binaryKind(bytes))
        throw Error(ErrorKind::BadInput, fmt::format("{}: expected text, found {}", source, kind),
                    "Save the data as CSV, TSV or JSON Lines in UTF-8.");
    const std::string ending = endingOf(source);
    if (ending == ".csv")
        return holdsUnquotedTabs(text) ? DataFormat::Tsv : DataFormat::Csv;
    if (ending == ".conll" || ending == ".bio" || ending == ".iob" || ending == ".iob2")
        return DataFormat::Conll;
    if (ending == ".tsv" || ending == ".tab")
        return isConll(text) ? DataFormat::Conll : DataFormat::Tsv;
    if (ending == ".jsonl" || ending == ".ndjson" || ending == ".json")
        return ending == ".json" ? jsonKind(text) : DataFormat::JsonLines;
    if (ending == ".txt" && isConll(text))
        return DataFormat::Conll;
    if (ending == ".txt")
        return hasTabColumns(text) ? DataFormat::Tsv : DataFormat::Text;
    return sniffed(text);
}

} // namespace lora
