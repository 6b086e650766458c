#pragma once

#include "core/data/data_loader.h"
#include "core/models/language_model.h"
#include "core/train/step_metrics.h"
#include "core/train/task_results.h"
#include "core/train/training_control.h"
#include "core/train/worker_pool.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace lora {

/// Runs a model over a data set on all workers, packed, in batches of bounded size; metrics are streamed,
/// logits are kept only on request.
class Evaluator
{
public:
    enum class KeepLogits { No, Yes };
    using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

    Evaluator(const LanguageModel<float>& model, const TokenizedDataset& dataset, WorkerPool& pool,
              std::uint64_t seed);

    /// None when `control` (may be null) asked to stop on the way.
    std::optional<EvaluationResult> run(KeepLogits keepLogits = KeepLogits::No,
                                        TrainingControl* control = nullptr, const Progress& progress = {});
    /// Language models on rows without labels: keep so many candidates for each token.
    void keepCandidates(std::size_t count) { m_wishes.candidates = count; }
    /// Results hold what every example contributes (EvaluationResult::outcomes).
    void keepOutcomes() { m_wishes.keepsOutcomes = true; }
    /// Passes start from these hidden states of the rows (null: from the embeddings), which have to outlive
    /// the evaluator.
    void startFrom(const PrefixRows* prefix) { m_prefix = prefix; }
    std::size_t arenaPeakBytes() const;

private:
    void evaluateBatch(std::size_t index, int worker, EvaluationResult& result);
    void summarize(EvaluationResult& result) const;

    const LanguageModel<float>& m_model;
    const TokenizedDataset& m_dataset;
    WorkerPool& m_pool;
    EvaluationLoader m_loader;
    ResultWishes m_wishes;
    std::vector<std::unique_ptr<ModelPass<float>>> m_passes;
    std::vector<Batch> m_batches;
    std::vector<LossSum> m_losses;
    const PrefixRows* m_prefix = nullptr;
};

} // namespace lora
