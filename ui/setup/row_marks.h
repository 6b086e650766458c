#pragma once

#include "core/config/experiment_config.h"
#include "ui/dataset_preview.h"
#include "ui/try/try_values.h"

#include <QString>

#include <vector>

namespace lora::ui {

/// What a row of data says, as a person reads it: a sentence with its entities, a passage with its answer.
struct RowMarks
{
    QString text; ///< empty: the row cannot be read this way
    std::vector<TextMark> marks;
    std::vector<QString> kinds;
};

/// Reads words and tags (lists as JSON, or separated by spaces), or the passage and the first answer, of a
/// row of token classification or question answering.
RowMarks marksOfRow(const DatasetPreview& preview, std::size_t row, TaskType task);

} // namespace lora::ui
