#include "core/data/table_tokenizer.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/data/cell_text.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace lora {

namespace {

constexpr std::size_t mostLabels = 1000;
constexpr std::size_t namedLines = 5;

/// "3, 8, 9, 12, 40 and 7 more"
std::string linesText(const std::vector<std::uint32_t>& lines)
{
    const std::size_t shown = std::min(lines.size(), namedLines);
    std::string text =
        fmt::format("{}", fmt::join(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    return lines.size() > shown ? text + fmt::format(" and {} more", lines.size() - shown) : text;
}

/// Numbers by value, whatever their spelling ("-1" before "+2" before "10").
bool isSmallerNumber(const std::string& a, const std::string& b)
{
    const auto left = std::stoll(a);
    const auto right = std::stoll(b);
    return left != right ? left < right : a < b;
}

class LabelIds
{
public:
    LabelIds(const DataTable& table, std::size_t column, const TokenizeOptions& options)
        : m_table(table)
        , m_column(column)
        , m_isRequired(options.areLabelsRequired)
        , m_names(options.knownLabels ? *options.knownLabels : labelNamesOf(table, column))
    {
        for (std::size_t i = 0; i < m_names.size(); ++i)
            m_ids.emplace(m_names[i], static_cast<std::int32_t>(i));
    }

    std::int32_t idOf(std::size_t row)
    {
        const std::string label = labelText(m_table.rows[row][m_column]);
        const auto found = m_ids.find(label);
        if (found != m_ids.end())
            return found->second;
        if (label.empty()) {
            m_unlabelled.push_back(m_table.lines[row]);
            return -1;
        }
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: the label \"{}\" is not in the training data; known labels: {}{}",
                                placeText(m_table, row), label, fmt::join(m_names, ", "),
                                didYouMean(label, m_names)),
                    "Correct the label, remove the row, or add rows with it to the training data.");
    }

    std::vector<std::string> finish()
    {
        if (m_isRequired && !m_unlabelled.empty())
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: no label in column \"{}\" on line {}", m_table.source,
                                    m_table.columns[m_column], linesText(m_unlabelled)),
                        "Fill in the labels or remove these rows.");
        return std::move(m_names);
    }

private:
    const DataTable& m_table;
    std::size_t m_column;
    bool m_isRequired;
    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::int32_t> m_ids;
    std::vector<std::uint32_t> m_unlabelled;
};

void checkRoom(const Tokenizer& tokenizer, bool isPair, int maxLength)
{
    const auto pair = isPair ? std::optional<std::string_view>("") : std::nullopt;
    const std::size_t special = tokenizer.encode("", pair, SpecialTokens::Add, 0).ids.size();
    if (maxLength > 0 && static_cast<std::size_t>(maxLength) <= special)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("data.max_length: {} leaves no room for text beside {} special tokens",
                                maxLength, special),
                    fmt::format("Set data.max_length to at least {}.", special + 1));
}

MaskingFacts maskingFacts(const Tokenizer& tokenizer)
{
    const auto mask = tokenizer.maskId();
    if (!mask)
        throw Error(ErrorKind::Unsupported,
                    "masked language modelling needs a mask token, and this tokenizer has none",
                    "Choose a model pretrained by masked language modelling, such as BERT.");
    return {*mask, static_cast<std::int32_t>(tokenizer.vocabularySize())};
}

TokenizedExample encodeRow(const std::vector<std::string>& row, const ResolvedColumns& columns,
                           const Tokenizer& tokenizer, const TokenizeOptions& options)
{
    const auto pair =
        columns.textPair ? std::optional<std::string_view>(row[*columns.textPair]) : std::nullopt;
    Encoding encoding = tokenizer.encode(row[columns.text], pair, SpecialTokens::Add, options.maxLength);
    TokenizedExample example;
    example.inputIds = std::move(encoding.ids);
    example.tokenTypeIds = std::move(encoding.typeIds);
    example.tokenTypeIds.resize(example.inputIds.size(), 0);
    example.isSpecial = std::move(encoding.isSpecial);
    example.isTruncated = encoding.isTruncated;
    return example;
}

void throwOnEmptyTexts(const DataTable& table, const ResolvedColumns& columns,
                       const std::vector<std::uint32_t>& lines)
{
    if (!lines.empty())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: the text in column \"{}\" has no tokens on line {}", table.source,
                                table.columns[columns.text], linesText(lines)),
                    "Remove these rows or fill in their text.");
}

} // namespace

std::string labelText(const std::string& cell)
{
    return std::string(trimmed(cell));
}

std::vector<std::string> labelNamesOf(const DataTable& table, std::size_t labelColumn)
{
    std::set<std::string> distinct;
    for (const auto& row : table.rows) {
        if (!isBlank(row[labelColumn]))
            distinct.insert(labelText(row[labelColumn]));
        if (distinct.size() > mostLabels)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: column \"{}\" has more than {} different labels", table.source,
                                    table.columns[labelColumn], mostLabels),
                        "Name the column that holds the classes as data.columns.label.");
    }
    std::vector<std::string> names(distinct.begin(), distinct.end());
    if (std::ranges::all_of(names, isInteger))
        std::ranges::sort(names, isSmallerNumber);
    return names;
}

TokenizedDataset tokenizeTable(const DataTable& table, const ResolvedColumns& columns,
                               const Tokenizer& tokenizer, const TokenizeOptions& options)
{
    checkRoom(tokenizer, columns.textPair.has_value(), options.maxLength);
    TokenizedDataset dataset;
    dataset.source = table.source;
    dataset.hash = table.hash;
    const bool isMasked = options.task == TaskType::MaskedLm;
    if (isMasked)
        dataset.masking = maskingFacts(tokenizer);
    std::optional<LabelIds> labels;
    if (!isMasked && columns.label)
        labels.emplace(table, *columns.label, options);
    else if (!isMasked && options.areLabelsRequired)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: no column looks like labels; columns: {}", table.source,
                                fmt::join(table.columns, ", ")),
                    "Name the column with the classes as data.columns.label.");
    else if (!isMasked && options.knownLabels)
        dataset.labelNames = *options.knownLabels;

    std::vector<std::uint32_t> emptyLines;
    dataset.examples.reserve(table.rows.size());
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        TokenizedExample example = encodeRow(table.rows[row], columns, tokenizer, options);
        example.line = table.lines[row];
        if (std::ranges::find(example.isSpecial, false) == example.isSpecial.end())
            emptyLines.push_back(example.line);
        if (!isMasked)
            example.isSpecial = {};
        if (labels)
            example.classLabel = labels->idOf(row);
        dataset.examples.push_back(std::move(example));
    }
    throwOnEmptyTexts(table, columns, emptyLines);
    if (labels)
        dataset.labelNames = labels->finish();
    return dataset;
}

} // namespace lora
