#pragma once

#include "core/data/tokenized_dataset.h"
#include "core/math/matrix.h"

#include <cstdint>
#include <vector>

namespace lora {

/// The best answer in a window, as tokens; -1: the window holds no part of the passage.
struct WindowAnswer
{
    std::int32_t first = -1;
    std::int32_t last = -1;
    double score = 0;       ///< start logit + end logit
    double probability = 0; ///< of start times that of end, over the passage's tokens and the first of all
    double nullScore = 0;   ///< the same for the first token of all, which stands for "no answer"
    double nullProbability = 0;
};

/// Spans of at most 30 tokens between the 20 best starts and ends, inside the passage, as Hugging Face's
/// question answering scripts search them. `logits`: [tokens, 2]. Rows without text may answer with any
/// token.
WindowAnswer bestAnswer(const TokenizedExample& example, ConstMatrix<float> logits);

/// The answer to a whole row, from its windows.
struct RowAnswer
{
    std::size_t example = 0; ///< the window it stands in
    TextSpan span;           ///< bytes in the passage; {0, 0}: no answer, or a row without text
    double probability = 0;
    bool isNone = false; ///< "no answer" won
};

/// One for each row of the data (each of `sources`; each example where there are none). `allowsNone`: "no
/// answer" wins where its score is the highest.
std::vector<RowAnswer> rowAnswers(const TokenizedDataset& dataset, const std::vector<WindowAnswer>& windows,
                                  bool allowsNone);

/// Whether a question of the data set has no answer.
bool hasUnanswerable(const TokenizedDataset& dataset);

} // namespace lora
