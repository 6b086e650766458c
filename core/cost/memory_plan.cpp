#include "core/cost/memory_plan.h"

#include "core/cost/block_reach.h"
#include "core/cost/flop_ledger.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora {

namespace {

constexpr double floatBytes = 4;
/// Tokens of an evaluation batch, see Evaluator.
constexpr double evaluationTokens = 1024;

/// Numbers a kept block leaves in the arena: its output and everything backward reads again.
double keptByBlock(const ModelSummary& model, const TrainingPlan& plan, const WorkerShare& share, int block)
{
    const double n = share.tokens;
    const auto d = static_cast<double>(model.hiddenSize);
    const auto f = static_cast<double>(model.intermediateSize);
    double numbers = n * d;          // y
    numbers += 7 * n * d;            // q, k, v, mixed, both sums, h
    numbers += static_cast<double>(model.numHeads) * share.tokenPairs;
    numbers += n * f + 4 * n;        // pre-activation, statistics of two norms
    for (const ModuleInfo& module : model.modules) {
        if (module.block != block)
            continue;
        const AdapterPlan* adapter = plan.adapterOf(module.name);
        if (adapter)
            numbers += n * adapter->r;
        const bool needsInput = adapter || plan.isTrained(module.name + ".weight");
        if (partOf(module) == BlockPart::Output && needsInput)
            numbers += n * f; // the activated values
    }
    return numbers;
}

/// Numbers a block's backward needs on top.
double backwardScratch(const ModelSummary& model, const WorkerShare& share, double dropout)
{
    const double n = share.tokens;
    const auto d = static_cast<double>(model.hiddenSize);
    const auto f = static_cast<double>(model.intermediateSize);
    const double masked = dropout > 0 ? n * d : 0;
    const double attention = masked + 4 * n * d + share.longest * share.longest;
    return std::max(masked + n * f, attention);
}

double forwardScratch(const ModelSummary& model, const WorkerShare& share)
{
    return 7 * share.tokens * static_cast<double>(model.hiddenSize) +
           share.tokens * static_cast<double>(model.intermediateSize) + share.longest * share.longest;
}

} // namespace

WorkerShare largestShare(std::span<const std::int32_t> lengths, int batchSize, int workers)
{
    if (lengths.empty())
        return {};
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    double longest = 0;
    for (const std::int32_t length : lengths) {
        const double l = length;
        sum += l;
        squares += l * l;
        fourth += l * l * l * l;
        longest = std::max(longest, l);
    }
    const auto count = static_cast<double>(lengths.size());
    const double rows = std::min<double>(batchSize, count);
    // The batch with the most tokens of an epoch lies about three standard deviations above the mean.
    const auto unlucky = [&](double mean, double meanOfSquares, double most) {
        const double deviation = std::sqrt(std::max(0.0, meanOfSquares - mean * mean));
        return std::min(rows * most, rows * mean + 3 * std::sqrt(rows) * deviation);
    };
    WorkerShare share;
    share.longest = longest;
    share.tokens = std::min(unlucky(sum / count, squares / count, longest) / workers + longest / 2, rows * longest);
    share.tokens = std::max(share.tokens, longest);
    share.tokenPairs = std::max(unlucky(squares / count, fourth / count, longest * longest) / workers, longest * longest);
    share.sequences = std::ceil(rows / workers);
    return share;
}

double activationBytes(const ModelSummary& model, const TrainingPlan& plan, const WorkerShare& share, double dropout)
{
    const double n = share.tokens;
    const auto d = static_cast<double>(model.hiddenSize);
    const int lowest = lowestTrainedBlock(model, plan);
    const int blocks = static_cast<int>(model.numLayers);
    double kept = n * d; // the embeddings' output
    if (lowest < 0)
        kept += n * d + 2 * n; // what their norm saves
    if (lowest > 0)
        kept += n * d; // the second buffer below the cut
    for (int block = std::max(lowest, 0); block < blocks; ++block)
        kept += keptByBlock(model, plan, share, block);
    kept += 5 * share.sequences * d; // pooled rows and their gradients
    const bool isTrunkTrained = lowest < blocks;
    const double backward = isTrunkTrained ? n * d + backwardScratch(model, share, dropout) : 0;
    const double forward = lowest > 0 ? forwardScratch(model, share) : 0;
    return floatBytes * std::max(kept + backward, 2 * n * d + forward);
}

MemoryBytes trainingMemory(const ModelSummary& model, const TrainingPlan& plan, std::int64_t trainable,
                           const WorkerShare& share, int workers, double dropout)
{
    std::int64_t adapters = 0;
    for (const AdapterPlan& adapter : plan.adapters)
        for (const ModuleInfo& module : model.modules)
            if (module.name == adapter.module)
                adapters += adapter.r * (module.inFeatures + module.outFeatures);
    const WorkerShare evaluation{evaluationTokens, 0, share.longest, 0};
    MemoryBytes memory;
    memory.weights = floatBytes * static_cast<double>(model.parameters + adapters);
    memory.gradients = floatBytes * static_cast<double>(trainable) * workers;
    memory.optimizer = 2 * floatBytes * static_cast<double>(trainable);
    memory.activations =
        workers * (activationBytes(model, plan, share, dropout) +
                   floatBytes * (forwardScratch(model, evaluation) +
                                 2 * evaluationTokens * static_cast<double>(model.hiddenSize)));
    return memory;
}

} // namespace lora
