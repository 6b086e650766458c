#pragma once

#include "core/config/task.h"
#include "core/data/tokenized_dataset.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lora {

struct TokenizedReadOptions
{
    TaskType task = TaskType::SequenceClassification;
    /// Classes of the training data; a label beyond them is an error. None: this is the training data.
    std::optional<std::size_t> knownLabels;
    bool areLabelsRequired = true;
};

/// Whether the text is JSON rows that hold `input_ids`.
bool holdsTokens(std::string_view bytes, const std::string& source);

/// Reads rows that are already tokenised: JSON Lines with `input_ids`, optional `token_type_ids` and
/// `attention_mask` (positions with 0 are dropped), and `labels`: a number for sequence classification and
/// regression, a list of 0 and 1 for several labels, a list as long as input_ids with -100 at ignored
/// positions for token classification and language models (causal: not shifted; without labels every token
/// counts); for question answering `start_positions` and `end_positions`. Other keys are ignored. Throws
/// lora::Error (BadInput) naming line and field.
TokenizedDataset parseTokenized(std::string_view bytes, const std::string& source,
                                const TokenizedReadOptions& options);

/// What a model can take in; 0: not checked.
struct InputLimits
{
    std::int64_t vocabularySize = 0;
    std::int64_t maxPositions = 0;
    std::int64_t typeVocabularySize = 0;
};

/// Throws lora::Error (BadInput) naming line, found and allowed when a row does not fit the model.
void checkTokenIds(const TokenizedDataset& dataset, const InputLimits& limits);

} // namespace lora
