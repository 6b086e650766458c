#pragma once

#include "core/config/config_issue.h"
#include "core/config/experiment_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lora::ui {

/// Rows of one label; both counts are after the split.
struct LabelCount
{
    std::string label;
    std::int64_t trainRows = 0;
    std::int64_t evalRows = 0;
};

/// One remark about the data: a duplicate, an empty text, a train row found in eval.
struct DataRemark
{
    std::int64_t line = 0; ///< line of the data file, counted from 1; 0: the file as a whole
    Severity severity = Severity::Warning;
    std::string text;
};

/// Whether rows can be used for a task.
struct TaskFit
{
    TaskType task = TaskType::SequenceClassification;
    std::string whyNot; ///< "needs a column of tags"; empty: they can
};

/// What the dataset card shows of a data file: a value made outside the window, on whatever thread reads
/// files.
struct DatasetPreview
{
    std::string source;                         ///< DataConfig::train this preview belongs to
    std::vector<std::string> columns;           ///< names as in the file, in its order
    std::vector<std::vector<std::string>> rows; ///< the first rows (some 50), one cell per column
    std::vector<std::int64_t> lines;            ///< line in the file of each of `rows`
    std::vector<std::vector<std::string>>
        tokens;            ///< tokens of each of `rows`, not truncated; empty: not tokenised
    ColumnMapping mapping; ///< the columns in use, inferred ones filled in
    std::int64_t trainRows = 0;
    std::int64_t evalRows = 0;
    std::string evalSource;         ///< the eval file, or empty when split from train
    std::vector<LabelCount> labels; ///< in class order
    std::vector<std::int64_t>
        lengthCounts;                 ///< [n] = training rows of n tokens before truncation; empty: unknown
    std::vector<DataRemark> problems; ///< lint, worst first
    std::vector<std::string> notices; ///< sentences about the data set as a whole
    std::vector<TaskFit> tasks;       ///< every task, the one these rows look like first; empty: unknown
    bool isTokenized = false;         ///< the file holds input_ids: there are no text columns to map
};

} // namespace lora::ui
