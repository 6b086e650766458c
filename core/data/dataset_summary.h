#pragma once

#include "core/data/column_mapping.h"
#include "core/data/data_table.h"
#include "core/data/tokenized_dataset.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lora {

struct TokenLengths
{
    std::int32_t min = 0;
    std::int32_t median = 0;
    std::int32_t p95 = 0;
    std::int32_t max = 0;
};

/// What the user should know about a data file before training on it.
struct DatasetSummary
{
    std::int64_t rows = 0;
    std::vector<std::string> columns;
    ColumnMapping mapping;                                         ///< roles as inferred or chosen
    std::vector<std::pair<std::string, std::int64_t>> labelCounts; ///< in the order of the class ids
    std::optional<TokenLengths> tokenLengths; ///< before cutting; none without a tokenizer
    double truncatedShare = 0;                ///< of rows longer than max_length
    std::vector<DataProblem> problems;        ///< by line; those of the file as a whole (line 0) first
};

/// Counts (rows of each class, words of each tag), lengths and what looks wrong: empty texts, missing labels,
/// duplicates, the same text with different labels, imbalance. `tokenizer` may be null. Never throws for bad
/// rows: they are what it reports.
DatasetSummary summarize(const DataTable& table, const ResolvedColumns& columns, const Tokenizer* tokenizer,
                         int maxLength, TaskType task = TaskType::SequenceClassification);
/// The same for rows that are already token ids.
DatasetSummary summarize(const TokenizedDataset& dataset);

/// Any data file or builtin name (its training rows), as `lora-workbench-cli data` shows it.
DatasetSummary summarizeFile(const std::string& file, const ColumnMapping& chosen, TaskType task,
                             const Tokenizer* tokenizer, int maxLength);

/// Problems of the rows of `evalFile` beside those of `trainFile`, see below; none for token ids.
std::vector<DataProblem> lintFileAgainstTraining(const std::string& trainFile, const std::string& evalFile,
                                                 const ColumnMapping& chosen, TaskType task);

/// Problems of evaluation rows that only show beside the training rows: the same text in both, labels unseen
/// in training.
std::vector<DataProblem> lintAgainstTraining(const DataTable& train, const ResolvedColumns& trainColumns,
                                             const DataTable& eval, const ResolvedColumns& evalColumns);

TokenLengths lengthsSummary(std::vector<std::int32_t> lengths);

} // namespace lora
