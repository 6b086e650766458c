#include "core/train/evaluator.h"

#include "core/train/example_losses.h"

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
    m_wishes.keepsLogits = keepLogits == KeepLogits::Yes;
    EvaluationResult result = emptyResult(m_model.task(), m_dataset, m_wishes);
    const auto workers = static_cast<std::size_t>(m_pool.size());
    for (std::size_t first = 0; first < m_loader.size(); first += roundLength * workers) {
        if (control && control->isStopRequested())
            return std::nullopt;
        const std::size_t end = std::min(m_loader.size(), first + roundLength * workers);
        m_pool.run([&](int worker) {
            for (std::size_t batch = first + static_cast<std::size_t>(worker); batch < end; batch += workers)
                evaluateBatch(batch, worker, result);
        });
        if (progress)
            progress(static_cast<std::int64_t>(end), static_cast<std::int64_t>(m_loader.size()));
    }
    for (const auto& pass : m_passes)
        pass->arena().giveBack();
    summarize(result);
    return result;
}

void Evaluator::evaluateBatch(std::size_t index, int worker, EvaluationResult& result)
{
    Batch& batch = m_batches[static_cast<std::size_t>(worker)];
    m_loader.load(index, batch);
    batch.prefix = m_prefix;
    ModelPass<float>& pass = *m_passes[static_cast<std::size_t>(worker)];
    m_losses[index] = pass.evaluate(batch);
    storeBatch(m_model.task(), m_dataset, batch, pass.logits(), m_wishes, result);
    if (m_wishes.keepsOutcomes)
        addLosses(m_model.task(), batch, pass.logits(), pass.itemLosses(), result.losses);
}

void Evaluator::summarize(EvaluationResult& result) const
{
    LossSum total;
    for (const LossSum& loss : m_losses) {
        total.sum += loss.sum;
        total.items += loss.items;
        total.correct += loss.correct;
    }
    if (total.items == 0)
        return;
    const auto items = static_cast<double>(total.items);
    OutcomeCollector collector =
        m_wishes.keepsOutcomes ? OutcomeCollector(m_dataset.size()) : OutcomeCollector();
    result.metrics = taskMetrics(m_model.task(), m_dataset, m_model.labelNames, result, collector);
    if (m_wishes.keepsOutcomes)
        result.outcomes = collector.finish(m_model.task(), m_dataset, result.losses,
                                           static_cast<std::int64_t>(m_model.labelNames.size()));
    result.metrics["loss"] = total.sum / items;
    if (isLanguageModelling(m_model.task())) {
        result.metrics["perplexity"] = std::exp(total.sum / items);
        result.metrics["accuracy"] = static_cast<double>(total.correct) / items;
    }
}

std::size_t Evaluator::arenaPeakBytes() const
{
    std::size_t bytes = 0;
    for (const auto& pass : m_passes)
        bytes += pass->arena().peakBytes();
    return bytes;
}

} // namespace lora
