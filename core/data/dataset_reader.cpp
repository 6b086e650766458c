#include "core/data/dataset_reader.h"

#include "core/base/error.h"
#include "core/data/cell_text.h"
#include "core/data/conll_reader.h"
#include "core/data/delimited_reader.h"
#include "core/data/format_detection.h"
#include "core/data/header_detection.h"
#include "core/data/json_rows.h"
#include "core/data/squad_reader.h"
#include "core/io/mapped_file.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <unordered_map>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

// A cell costs 32 bytes even when empty: without a bound, a small hostile file could claim all memory.
constexpr std::size_t mostCells = 40u << 20;
constexpr std::size_t mostColumns = 1000;
constexpr std::size_t mostProblems = 1000;
constexpr std::size_t headerSample = 200;

/// Builds the table row by row and keeps its promises: valid text, equal numbers of cells, bounded memory.
class TableBuilder
{
public:
    TableBuilder(DataTable& table, std::size_t maxRows)
        : m_table(table)
        , m_maxRows(maxRows)
    {}

    bool isFull() const { return m_maxRows > 0 && m_table.rows.size() >= m_maxRows; }

    void problem(std::uint32_t line, std::string text)
    {
        if (m_table.problems.size() < mostProblems)
            m_table.problems.push_back({line, std::move(text)});
    }

    void add(std::vector<std::string> cells, std::uint32_t line)
    {
        m_cells += m_table.columns.size();
        if (m_cells > mostCells)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}, line {}: more than {} cells", m_table.source, line, mostCells),
                        "Split the file, or keep only the columns that are needed.");
        for (std::string& cell : cells)
            repair(cell, line);
        m_table.rows.push_back(std::move(cells));
        m_table.lines.push_back(line);
    }

    void repair(std::string& cell, std::uint32_t line)
    {
        if (!unicode::isValidUtf8(cell)) {
            cell = unicode::validUtf8(cell);
            problem(line, "not valid UTF-8; the bytes were replaced by U+FFFD");
        }
        if (cell.find('\0') == std::string::npos)
            return;
        std::string clean;
        for (const char c : cell)
            clean += c == '\0' ? std::string("\uFFFD") : std::string(1, c);
        cell = std::move(clean);
        problem(line, "a NUL character was replaced by U+FFFD");
    }

private:
    DataTable& m_table;
    std::size_t m_maxRows;
    std::size_t m_cells = 0;
};

std::vector<std::string> numberedColumns(std::size_t count)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(std::to_string(i));
    return names;
}

void takeHeader(DataTable& table, std::vector<std::string> names, std::uint32_t line, TableBuilder& builder)
{
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string& name = names[i];
        builder.repair(name, line);
        name = trimmed(name);
        if (name.empty())
            name = std::to_string(i);
        if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), name) !=
            names.begin() + static_cast<std::ptrdiff_t>(i))
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}, line {}: two columns are named \"{}\"", table.source, line, name),
                        "Give every column its own name.");
    }
    table.columns = std::move(names);
}

void readDelimited(std::string_view text, const ReadOptions& options, DataTable& table)
{
    const bool isCsv = table.format == DataFormat::Csv;
    const char delimiter = isCsv ? csvDelimiter(text) : '\t';
    DelimitedReader reader(text, delimiter, isCsv ? Quoting::Rfc4180 : Quoting::None, table.source);
    TableBuilder builder(table, options.maxRows);
    std::vector<DelimitedReader::Record> sample;
    DelimitedReader::Record record;
    while (sample.size() < headerSample && reader.next(record))
        sample.push_back(record);
    std::vector<std::vector<std::string>> fields;
    for (const auto& each : sample)
        fields.push_back(each.fields);
    table.hasHeader = isHeader(fields, options.expectedColumns);
    if (table.hasHeader)
        takeHeader(table, sample[0].fields, sample[0].line, builder);
    else if (!sample.empty())
        table.columns = numberedColumns(sample[0].fields.size());

    std::size_t longRows = 0;
    const auto take = [&](DelimitedReader::Record& row) {
        // Some headerless sets (STS-B) have notes behind the columns of the first line in a few rows.
        if (!isCsv && !table.hasHeader && row.fields.size() > table.columns.size() &&
            table.columns.size() > 2) {
            if (longRows++ == 0)
                builder.problem(row.line,
                                fmt::format("{} fields, {} in the first line: the last are left out "
                                            "(here and in all longer lines)",
                                            row.fields.size(), table.columns.size()));
            row.fields.resize(table.columns.size());
        }
        if (row.fields.size() != table.columns.size())
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}, line {}: expected {} fields as in the first line, found {}",
                                    table.source, row.line, table.columns.size(), row.fields.size()),
                        isCsv ? "Put a field that holds a comma, a quote or a line end in quotes."
                              : "Fields are separated by one tab; a text must not hold a tab.");
        builder.add(std::move(row.fields), row.line);
    };
    for (std::size_t i = table.hasHeader ? 1 : 0; i < sample.size() && !builder.isFull(); ++i)
        take(sample[i]);
    while (!builder.isFull() && reader.next(record))
        take(record);
}

void readLines(std::string_view text, const ReadOptions& options, DataTable& table)
{
    table.columns = {"text"};
    table.hasHeader = false;
    // A delimiter no text holds: every line is one field.
    DelimitedReader reader(text, '\0', Quoting::None, table.source);
    TableBuilder builder(table, options.maxRows);
    DelimitedReader::Record record;
    while (!builder.isFull() && reader.next(record)) {
        if (record.fields[0].find_first_not_of(" \t\r\f\v") != std::string::npos)
            builder.add({std::move(record.fields[0])}, record.line);
    }
}

/// A file of plain text as one row.
void readDocument(std::string_view text, DataTable& table)
{
    table.columns = {"text"};
    table.hasHeader = false;
    TableBuilder(table, 0).add({std::string(text)}, 1);
}

void readConll(std::string_view text, const ReadOptions& options, DataTable& table)
{
    table.columns = {"tokens", "tags"};
    TableBuilder builder(table, options.maxRows);
    const auto asCell = [](const std::vector<std::string>& words) {
        return Json(words).dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    forEachConllSentence(text, table.source, [&](ConllSentence& sentence) {
        builder.add({asCell(sentence.tokens), asCell(sentence.tags)}, sentence.line);
        return !builder.isFull();
    });
}

std::string cellText(const Json& value)
{
    if (value.is_string())
        return value.get<std::string>();
    return value.is_null() ? std::string() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Self-Instruct's files: an instruction with a list of inputs and outputs.
bool hasInstances(const Json& object)
{
    const auto found = object.find("instances");
    return object.contains("instruction") && found != object.end() && found->is_array() && !found->empty() &&
           std::ranges::all_of(*found, [](const Json& each) { return each.is_object(); });
}

/// One row for each instance, with the keys around it.
std::vector<Json> rowsOfInstances(const Json& object)
{
    std::vector<Json> rows;
    for (const Json& instance : object["instances"]) {
        Json& row = rows.emplace_back(object);
        row.erase("instances");
        row.update(instance);
    }
    return rows;
}

void readJson(std::string_view text, const ReadOptions& options, DataTable& table)
{
    TableBuilder builder(table, options.maxRows);
    std::unordered_map<std::string, std::size_t> columnOf;
    const auto visitRow = [&](std::uint32_t line, const Json& object) {
        std::vector<std::string> cells(table.columns.size());
        std::size_t present = 0;
        for (const auto& [key, value] : object.items()) {
            const auto [found, isNew] = columnOf.try_emplace(key, table.columns.size());
            if (isNew) {
                table.columns.push_back(key);
                cells.emplace_back();
                if (table.columns.size() > mostColumns)
                    throw Error(ErrorKind::BadInput,
                                fmt::format("{}, line {}: more than {} different keys", table.source, line,
                                            mostColumns),
                                "Give every row the same keys.");
                if (!table.rows.empty())
                    builder.problem(line, "the key \"" + key + "\" is missing in the rows before");
            }
            cells[found->second] = cellText(value);
            ++present;
        }
        for (const std::string& column : table.columns) {
            if (present < cells.size() && !object.contains(column))
                builder.problem(line, "the key \"" + column + "\" is missing");
        }
        builder.add(std::move(cells), line);
        return !builder.isFull();
    };
    const auto visit = [&](std::uint32_t line, const Json& object) {
        if (!hasInstances(object))
            return visitRow(line, object);
        for (const Json& row : rowsOfInstances(object)) {
            if (!visitRow(line, row))
                return false;
        }
        return true;
    };
    if (table.format == DataFormat::Squad)
        forEachSquadQuestion(text, table.source, visit);
    else if (table.format == DataFormat::JsonLines)
        forEachJsonLine(text, table.source, visit);
    else
        forEachInJsonArray(text, table.source, visit);
    if (table.rows.size() * table.columns.size() > mostCells)
        throw Error(ErrorKind::BadInput, fmt::format("{}: more than {} cells", table.source, mostCells),
                    "Give every row the same keys.");
    for (auto& row : table.rows)
        row.resize(table.columns.size());
}

std::string_view withoutByteOrderMark(std::string_view bytes)
{
    return bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
}

} // namespace

DataTable readTable(const std::filesystem::path& path, const ReadOptions& options)
{
    const auto file = MappedFile::open(path);
    const auto bytes = file->bytes();
    return parseTable({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string(), options);
}

DataTable parseTable(std::string_view bytes, const std::string& source, const ReadOptions& options)
{
    DataTable table;
    table.source = source;
    table.hash = hashOf(std::as_bytes(std::span(bytes)));
    table.format = detectFormat(bytes, source);
    if (options.format)
        table.format = *options.format;
    const std::string_view text = withoutByteOrderMark(bytes);
    switch (table.format) {
    case DataFormat::Csv:
    case DataFormat::Tsv:
        readDelimited(text, options, table);
        break;
    case DataFormat::JsonLines:
    case DataFormat::JsonArray:
    case DataFormat::Squad:
        readJson(text, options, table);
        break;
    case DataFormat::Text:
        options.isTextOneRow ? readDocument(text, table) : readLines(text, options, table);
        break;
    case DataFormat::Conll:
        readConll(text, options, table);
        break;
    }
    if (table.rows.empty())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: {}", source,
                                table.hasHeader && !table.columns.empty() ? "a header but no rows of data"
                                                                          : "no rows of data"),
                    "Give a file with at least one row.");
    return table;
}

std::string placeText(const DataTable& table, std::size_t row)
{
    return fmt::format("{}, line {}", table.source, table.lines[row]);
}

const char* toString(DataFormat format)
{
    switch (format) {
    case DataFormat::Csv:
        return "csv";
    case DataFormat::Tsv:
        return "tsv";
    case DataFormat::JsonLines:
        return "jsonl";
    case DataFormat::JsonArray:
        return "json";
    case DataFormat::Squad:
        return "squad";
    case DataFormat::Conll:
        return "conll";
    case DataFormat::Text:
        break;
    }
    return "text";
}

} // namespace lora
