#include "core/data/data_loader.h"

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace lora {

namespace {

std::int64_t roundedUp(std::int64_t count, std::int64_t size)
{
    return (count + size - 1) / size;
}

} // namespace

DataLoader::DataLoader(const TokenizedDataset& dataset, TaskType task, const Options& options)
    : m_collator(dataset, task, options.seed)
    , m_options(options)
    , m_order(dataset.size())
{
    LORA_ASSERT(options.batchSize >= 1 && options.accumulationSteps >= 1);
    if (dataset.examples.empty())
        throw Error(ErrorKind::BadInput, fmt::format("{}: no rows to train on", dataset.source),
                    "Give a training file with at least one row.");
}

DataLoader::DataLoader(const TokenizedDataset& dataset, const ExperimentConfig& experiment)
    : DataLoader(dataset, experiment.task, loaderOptions(experiment))
{}

std::int64_t DataLoader::batchesPerEpoch() const
{
    return roundedUp(static_cast<std::int64_t>(m_order.size()), m_options.batchSize);
}

std::int64_t DataLoader::stepsPerEpoch() const
{
    return roundedUp(batchesPerEpoch(), m_options.accumulationSteps);
}

void DataLoader::load(std::int64_t step, std::vector<Batch>& group)
{
    LORA_ASSERT(step >= 0);
    arrangeEpoch(step / stepsPerEpoch());
    const std::int64_t firstBatch = step % stepsPerEpoch() * m_options.accumulationSteps;
    const std::int64_t endBatch = std::min(firstBatch + m_options.accumulationSteps, batchesPerEpoch());
    group.resize(static_cast<std::size_t>(endBatch - firstBatch));
    const std::span<const std::uint32_t> order(m_order);
    for (std::size_t i = 0; i < group.size(); ++i) {
        const auto size = static_cast<std::size_t>(m_options.batchSize);
        const std::size_t firstRow = (static_cast<std::size_t>(firstBatch) + i) * size;
        m_collator.pack(order.subspan(firstRow, std::min(size, order.size() - firstRow)), m_epoch, group[i]);
    }
}

double DataLoader::epochsAfter(std::int64_t steps) const
{
    return static_cast<double>(steps) / static_cast<double>(stepsPerEpoch());
}

void DataLoader::arrangeEpoch(std::int64_t epoch)
{
    if (m_epoch == epoch)
        return;
    std::iota(m_order.begin(), m_order.end(), 0u);
    if (m_options.isShuffled) {
        Rng rng(m_options.seed, fmt::format("shuffle/{}", epoch));
        shuffle(m_order, rng);
    }
    m_epoch = epoch;
}

DataLoader::Options loaderOptions(const ExperimentConfig& experiment)
{
    const TrainingConfig& training = experiment.training;
    return {training.perDeviceTrainBatchSize, training.gradientAccumulationSteps, experiment.data.shuffle,
            training.seed};
}

std::int64_t plannedSteps(const TrainingConfig& training, std::int64_t stepsPerEpoch)
{
    if (training.maxSteps > 0)
        return training.maxSteps;
    return static_cast<std::int64_t>(std::ceil(training.numTrainEpochs * static_cast<double>(stepsPerEpoch)));
}

EvaluationLoader::EvaluationLoader(const TokenizedDataset& dataset, TaskType task, std::int64_t tokenBudget,
                                   std::uint64_t seed)
    : m_collator(dataset, task, seed)
    , m_rows(dataset.size())
{
    std::iota(m_rows.begin(), m_rows.end(), 0u);
    std::int64_t tokens = 0;
    for (std::uint32_t row = 0; row < dataset.size(); ++row) {
        const auto length = static_cast<std::int64_t>(dataset.examples[row].inputIds.size());
        if (row == 0 || tokens + length > tokenBudget) {
            m_firstRows.push_back(row);
            tokens = 0;
        }
        tokens += length;
    }
    m_firstRows.push_back(static_cast<std::uint32_t>(dataset.size()));
}

void EvaluationLoader::load(std::size_t batch, Batch& out) const
{
    LORA_ASSERT(batch < size());
    const std::uint32_t first = m_firstRows[batch];
    m_collator.pack(std::span(m_rows).subspan(first, m_firstRows[batch + 1] - first), Collator::evaluation,
                    out);
}

} // namespace lora
