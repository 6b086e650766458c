#pragma once

#include "core/config/task.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// One row of data as the model sees it.
struct TokenizedExample
{
    std::vector<std::int32_t> inputIds;
    std::vector<std::int32_t> tokenTypeIds; ///< same length
    std::int32_t classLabel = -1;           ///< sequence classification; -1: unlabelled
    std::vector<float>
        targets; ///< multi-label: 0 or 1 for each label; regression: one number; empty: unlabelled
    /// Same length as inputIds where the task has token labels, else empty. As Hugging Face has them: in
    /// causal language modelling not shifted.
    std::vector<std::int32_t> tokenLabels;
    std::int32_t startPosition = -1; ///< question answering: first token of the answer; -1: unlabelled
    std::int32_t endPosition = -1;   ///< last token of the answer
    /// Masked-language-model rows made from text: which tokens are never masked. Else empty.
    std::vector<bool> isSpecial;
    std::vector<TextSpan> spans; ///< question answering on text: of each token in the passage, else {0, 0}
    std::vector<std::int32_t> words; ///< token classification on text: the word each token begins, or -1
    std::uint32_t row = 0;           ///< row of data this is, or is a part (window, block) of; from 0
    std::uint32_t line = 0;          ///< line in the data file, for messages
    bool isTruncated = false;
};

/// What hiding tokens at random needs to know of the tokenizer.
struct MaskingFacts
{
    std::int32_t maskId = 0;
    std::int32_t vocabularySize = 0; ///< random replacements are below it
};

/// The text behind a row of token classification or question answering: what its metrics and predictions are
/// told in.
struct SourceRow
{
    std::string text;                 ///< words joined by spaces, or the passage
    std::vector<TextSpan> words;      ///< token classification: in the text
    std::vector<std::string> answers; ///< question answering: any of these is right; none: unanswerable
    bool isLabelled = true;
};

/// A data set ready for training: examples, the labels' names and what identifies it.
struct TokenizedDataset
{
    std::vector<TokenizedExample> examples;
    std::optional<MaskingFacts> masking; ///< set: token labels are made anew each epoch by hiding tokens
    std::vector<std::string> labelNames; ///< class id -> name; empty where the task has none
    std::vector<SourceRow> sources;      ///< by TokenizedExample::row; empty where the task needs none
    std::vector<std::string> notices;    ///< what the user should know about how rows were read
    std::string source;                  ///< file or builtin name
    std::string hash;                    ///< of the file's bytes, 16 hexadecimal digits

    std::size_t size() const { return examples.size(); }
    std::int64_t tokens() const;
    std::vector<std::int32_t> lengths() const;
    std::size_t truncatedCount() const;
};

} // namespace lora
