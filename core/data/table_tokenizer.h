#pragma once

#include "core/data/column_mapping.h"
#include "core/data/data_table.h"
#include "core/data/tokenized_dataset.h"
#include "core/text/tokenizer.h"

#include <optional>
#include <string>
#include <vector>

namespace lora {

struct TokenizeOptions
{
    TaskType task = TaskType::SequenceClassification;
    int maxLength = 128; ///< tokens, special tokens included
    /// The labels of the training data: class ids follow them and any other label is an error. None: this is
    /// the training data.
    std::optional<std::vector<std::string>> knownLabels = std::nullopt;
    /// Whether a row without a label, or a table without a label column, is an error (training, evaluation)
    /// or an unlabelled row (prediction).
    bool areLabelsRequired = true;
    std::optional<int> docStride = std::nullopt; ///< as in DataConfig
    bool trainOnPrompt = false;                  ///< as in DataConfig
    bool splitsPunctuation =
        false; ///< token classification: marks beside words of a text are words of their own
};

/// Encodes every row for the task. A passage too long becomes several windows, a document several blocks; any
/// other text is cut. Throws lora::Error (BadInput) naming file and line for a text of zero tokens, a missing
/// label or one unseen in training; (BadUsage) when `maxLength` leaves no room for text; (Unsupported) when
/// masked language modelling meets a tokenizer without a mask token.
TokenizedDataset tokenizeTable(const DataTable& table, const ResolvedColumns& columns,
                               const Tokenizer& tokenizer, const TokenizeOptions& options);

/// The labels of a column in the order of their class ids: numeric when all are integers, else sorted. Throws
/// lora::Error (BadInput) when there are so many that the column holds no classes.
std::vector<std::string> labelNamesOf(const DataTable& table, std::size_t labelColumn);
/// The same where each cell holds a list of labels, see labelListOf.
std::vector<std::string> labelNamesInLists(const DataTable& table, std::size_t labelColumn);

/// A label without the spaces around it, which nobody means to be part of a class's name.
std::string labelText(const std::string& cell);

} // namespace lora
