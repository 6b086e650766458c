#include "core/train/evaluator.h"

#include "core/train/task_metrics.h"

#include <cmath>

namespace lora {

namespace {

/// Tokens of one evaluation batch: enough for efficient products, little memory.
constexpr std::int64_t tokenBudget = 1024;
/// Batches each worker does between two looks at the stop request.
constexpr std::size_t roundLength = 4;

} // namespace

Evaluator::Evaluator(const LanguageModel<float>& model, const TokenizedDataset& dataset, WorkerPool& pool,
                     std::uint64_t seed)
    : m_model(model)
    , m_dataset(dataset)
    , m_pool(pool)
    , m_loader(dataset, model.task(), tokenBudget, seed)
    , m_batches(static_cast<std::size_t>(pool.size()))
    , m_losses(m_loader.size())
{
    for (int worker = 0; worker < pool.size(); ++worker)
        m_passes.push_back(std::make_unique<ModelPass<float>>(model));
}

std::optional<EvaluationResult> Evaluator::run(KeepLogits keepLogits, TrainingControl* control,
                                               const Progress& progress)
{
    EvaluationResult result;
    if (m_model.task() == TaskType::SequenceClassification)
        result.predictions.assign(m_dataset.size(), -1);
    if (keepLogits == KeepLogits::Yes)
        result.logits.resize(m_dataset.size());
    const auto workers = static_cast<std::size_t>(m_pool.size());
    for (std::size_t first = 0; first < m_loader.size(); first += roundLength * workers) {
        if (control && control->isStopRequested())
            return std::nullopt;
        const std::size_t end = std::min(m_loader.size(), first + roundLength * workers);
        m_pool.run([&](int worker) {
            for (std::size_t batch = first + static_cast<std::size_t>(worker); batch < end; batch += workers)
                evaluateBatch(batch, worker, keepLogits, result);
        });
        if (progress)
            progress(static_cast<std::int64_t>(end), static_cast<std::int64_t>(m_loader.size()));
    }
    summarize(result);
    return result;
}

void Evaluator::evaluateBatch(std::size_t index, int worker, KeepLogits keepLogits, EvaluationResult& result)
{
    Batch& batch = m_batches[static_cast<std::size_t>(worker)];
    m_loader.load(index, batch);
    ModelPass<float>& pass = *m_passes[static_cast<std::size_t>(worker)];
    m_losses[index] = pass.evaluate(batch);
    if (m_model.task() != TaskType::SequenceClassification)
        return;
    const ConstMatrix<float> logits = pass.logits();
    for (std::size_t s = 0; s < batch.sequences(); ++s) {
        const std::span<const float> row(logits.row(static_cast<std::int64_t>(s)),
                                         static_cast<std::size_t>(logits.cols));
        const std::uint32_t example = batch.exampleIndex[s];
        result.predictions[example] = argMax<float>(row);
        if (keepLogits == KeepLogits::Yes)
            result.logits[example].assign(row.begin(), row.end());
    }
}

void Evaluator::summarize(EvaluationResult& result) const
{
    LossSum total;
    for (const LossSum& loss : m_losses) {
        total.sum += loss.sum;
        total.items += loss.items;
    }
    if (total.items == 0)
        return;
    const double loss = total.sum / static_cast<double>(total.items);
    result.metrics["loss"] = loss;
    if (m_model.task() == TaskType::MaskedLm) {
        result.metrics["perplexity"] = std::exp(loss);
        return;
    }
    ConfusionMatrix confusion(static_cast<std::int64_t>(m_model.labelNames.size()));
    for (std::size_t row = 0; row < m_dataset.size(); ++row)
        if (m_dataset.examples[row].classLabel >= 0)
            confusion.add(m_dataset.examples[row].classLabel, result.predictions[row]);
    result.metrics["accuracy"] = confusion.accuracy();
    result.metrics["f1"] = confusion.f1();
    result.metrics["matthews_correlation"] = confusion.matthewsCorrelation();
}

std::size_t Evaluator::arenaPeakBytes() const
{
    std::size_t bytes = 0;
    for (const auto& pass : m_passes)
        bytes += pass->arena().peakBytes();
    return bytes;
}

} // namespace lora
