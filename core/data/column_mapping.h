#pragma once

#include "core/config/experiment_config.h"
#include "core/data/data_table.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// What a row of causal language modelling is.
enum class RowForm {
    Plain,            ///< text
    PromptCompletion, ///< text: prompt, label: completion
    Instruction,      ///< Alpaca's: text: instruction, textPair: input, label: output
    Messages          ///< text: a list of {"role", "content"}
};

/// Which columns of a table play which role: words and tags, question, context and answers, instruction,
/// input and output stand as text, textPair and label too.
struct ResolvedColumns
{
    std::size_t text = 0;
    std::optional<std::size_t> textPair;
    std::optional<std::size_t> label;
    std::vector<std::size_t> labelColumns; ///< multi-label: one column of 0 and 1 for each label
    std::optional<std::size_t> answerStart;
    RowForm form = RowForm::Plain;

    bool operator==(const ResolvedColumns&) const = default;
};

/// Finds the columns of each role: the user's choice, else by common names, else by content (few different
/// values: the label; numbers: the score; 0 and 1: the labels; longest: the text). A pair is only inferred
/// when the text is too. A file without a header has its columns named "0", "1", …; "column 1" names the
/// first one. Throws lora::Error (BadInput) when a chosen column does not exist, listing those that do.
ResolvedColumns resolveColumns(const DataTable& table, const ColumnMapping& chosen, TaskType task);

/// The roles by column name, as an experiment writes them.
ColumnMapping namesOf(const ResolvedColumns& columns, const DataTable& table);

/// Column names a user chose, for `ReadOptions::expectedColumns`.
std::vector<std::string> chosenNames(const ColumnMapping& columns);

} // namespace lora
