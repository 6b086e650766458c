#pragma once

#include "core/data/batch.h"
#include "core/data/tokenized_dataset.h"
#include "core/math/matrix.h"
#include "core/train/answer_search.h"
#include "core/train/example_outcomes.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lora {

/// What a model says about every example (row, or window or block of a row) of a data set. Only what the task
/// has is filled.
struct EvaluationResult
{
    std::map<std::string, double> metrics;  ///< keys without "eval_"; none when no row has a label
    std::vector<std::vector<float>> logits; ///< only when asked for: [labels], or [tokens, labels] row by row
    std::vector<std::int32_t> predictions;  ///< [examples], classification
    std::vector<std::vector<float>> values; ///< [examples][labels] logits of multi-label, [1] of regression
    std::vector<std::vector<std::int32_t>> tags; ///< [examples][tokens], token classification
    std::vector<std::vector<float>> tagProbabilities;
    std::vector<WindowAnswer> answers; ///< [examples], question answering
    /// [examples][tokens * candidates], language models without labels: ids and probabilities, best first.
    std::vector<std::vector<std::pair<std::int32_t, float>>> candidates;
    std::vector<ExampleLoss> losses; ///< [examples], only when outcomes are asked for
    ExampleOutcomes outcomes;        ///< only when asked for
};

/// What of each example is kept.
struct ResultWishes
{
    bool keepsLogits = false;
    bool keepsOutcomes = false;
    std::size_t candidates = 0; ///< of language models, for each token
};

/// Makes room for `dataset`, so that examples can be stored from several threads.
EvaluationResult emptyResult(TaskType task, const TokenizedDataset& dataset, const ResultWishes& wishes);

/// Stores what the logits say about the batch's examples.
void storeBatch(TaskType task, const TokenizedDataset& dataset, const Batch& batch, ConstMatrix<float> logits,
                const ResultWishes& wishes, EvaluationResult& result);

/// The task's metrics beside the loss, over the labelled examples; none when there are none. `labelNames` are
/// the model's. What each example contributes goes to `outcomes` as well.
std::map<std::string, double> taskMetrics(TaskType task, const TokenizedDataset& dataset,
                                          const std::vector<std::string>& labelNames,
                                          const EvaluationResult& result, OutcomeCollector& outcomes);

} // namespace lora
