#include "core/data/table_tokenizer.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/data/row_labels.h"
#include "core/data/task_tokenizers.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace {

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

void tokenizeTexts(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                   const TokenizeOptions& options, TokenizedDataset& dataset)
{
    const std::unique_ptr<RowLabels> labels = rowLabels(table, columns, options);
    struct Row
    {
        TokenizedExample example;
        bool isEmpty = false;
    };
    const auto encode = [&](std::size_t row) -> Row {
        const auto& cells = table.rows[row];
        const auto pair =
            columns.textPair ? std::optional<std::string_view>(cells[*columns.textPair]) : std::nullopt;
        Encoding encoding =
            tokenizer.encode(cells[columns.text], pair, SpecialTokens::Add, options.maxLength);
        const bool isEmpty = isWithoutTokens(encoding.isSpecial);
        return {exampleOf(std::move(encoding), table, row), isEmpty};
    };
    std::vector<std::uint32_t> emptyLines;
    produceInParallel(table.rows.size(), encode, [&](std::size_t row, Row&& encoded) {
        if (encoded.isEmpty)
            emptyLines.push_back(table.lines[row]);
        if (labels)
            labels->read(row, encoded.example);
        dataset.examples.push_back(std::move(encoded.example));
    });
    throwOnEmptyTexts(table, columns, emptyLines);
    if (labels)
        labels->finish(dataset);
    else if (options.knownLabels)
        dataset.labelNames = *options.knownLabels;
}

} // namespace

TokenizedDataset tokenizeTable(const DataTable& table, const ResolvedColumns& columns,
                               const Tokenizer& tokenizer, const TokenizeOptions& options)
{
    checkRoom(tokenizer, columns.textPair && options.task != TaskType::CausalLm, options.maxLength);
    TokenizedDataset dataset;
    dataset.source = table.source;
    dataset.hash = table.hash;
    dataset.examples.reserve(table.rows.size());
    switch (options.task) {
    case TaskType::SequenceClassification:
    case TaskType::MultiLabelClassification:
    case TaskType::Regression:
        tokenizeTexts(table, columns, tokenizer, options, dataset);
        break;
    case TaskType::TokenClassification:
        tokenizeWords(table, columns, tokenizer, options, dataset);
        break;
    case TaskType::QuestionAnswering:
        tokenizeQuestions(table, columns, tokenizer, options, dataset);
        break;
    case TaskType::CausalLm:
        tokenizeDocuments(table, columns, tokenizer, options, dataset);
        break;
    case TaskType::MaskedLm:
        tokenizeMasked(table, columns, tokenizer, options, dataset);
        break;
    }
    return dataset;
}

TokenizedExample exampleOf(Encoding&& encoding, const DataTable& table, std::size_t row)
{
    TokenizedExample example;
    example.inputIds = std::move(encoding.ids);
    example.tokenTypeIds = std::move(encoding.typeIds);
    example.tokenTypeIds.resize(example.inputIds.size(), 0);
    example.isTruncated = encoding.isTruncated;
    example.row = static_cast<std::uint32_t>(row);
    example.line = table.lines[row];
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

bool isWithoutTokens(const std::vector<bool>& isSpecial)
{
    return std::ranges::find(isSpecial, false) == isSpecial.end();
}

} // namespace lora
