#include "core/cost/memory_plan.h"

#include "core/cost/block_reach.h"
#include "core/cost/flop_ledger.h"
#include "core/models/vocabulary_head.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora {

namespace {

constexpr double floatBytes = 4;
/// Tokens of an evaluation batch, see Evaluator.
constexpr double evaluationTokens = 1024;

/// The sizes of one layer, as numbers per token.
struct LayerSizes
{
    double hidden, intermediate, queries, keys;
    bool isPreNorm = false;
    bool isGated = false;
};

LayerSizes sizesOf(const ModelSummary& model)
{
    LayerSizes sizes{static_cast<double>(model.hiddenSize),
                     static_cast<double>(model.intermediateSize),
                     static_cast<double>(model.numHeads * model.headDim),
                     static_cast<double>(model.numKeyValueHeads * model.headDim),
                     model.isDecoder,
                     false};
    int inputs = 0;
    for (const ModuleInfo& module : model.modules)
        inputs += module.block == 0 && module.stage == BlockStage::FeedForwardInput;
    sizes.isGated = inputs > 1;
    return sizes;
}

/// Numbers a kept layer leaves in the arena: its output and everything backward reads again.
double keptByLayer(const ModelSummary& model, const TrainingPlan& plan, const WorkerShare& share, int block)
{
    const double n = share.tokens;
    const LayerSizes sizes = sizesOf(model);
    double numbers = n * sizes.hidden;                   // y
    numbers += n * (2 * sizes.queries + 2 * sizes.keys); // q, k, v, mixed
    numbers += 3 * n * sizes.hidden;                     // both sums and h, or both normed inputs and h
    numbers += n * sizes.intermediate * (sizes.isGated ? 2 : 1); // before the activation
    numbers += static_cast<double>(model.numHeads) * share.tokenPairs;
    numbers += 4 * n; // statistics of two norms
    for (const ModuleInfo& module : model.modules) {
        if (!module.stage || module.block != block)
            continue;
        const AdapterPlan* adapter = plan.adapterOf(module.name);
        if (adapter)
            numbers += n * adapter->r;
        const bool needsInput = adapter || plan.isTrained(module.name + ".weight");
        if (module.stage == BlockStage::FeedForwardOutput && needsInput)
            numbers += n * sizes.intermediate; // the activated values
    }
    return numbers;
}

/// Numbers a layer's backward needs on top.
double backwardScratch(const ModelSummary& model, const WorkerShare& share, double dropout)
{
    const double n = share.tokens;
    const LayerSizes sizes = sizesOf(model);
    const double masked = dropout > 0 ? n * sizes.hidden : 0;
    const double normed = sizes.isPreNorm ? n * sizes.hidden : 0;
    const double attention =
        masked + normed + n * (2 * sizes.queries + 2 * sizes.keys) + share.longest * share.longest;
    return std::max(masked + normed + n * sizes.intermediate * (sizes.isGated ? 2 : 1), attention);
}

double forwardScratch(const ModelSummary& model, const WorkerShare& share)
{
    const LayerSizes sizes = sizesOf(model);
    return share.tokens * (2 * sizes.queries + 2 * sizes.keys + 3 * sizes.hidden +
                           sizes.intermediate * (sizes.isGated ? 2 : 1)) +
           share.longest * share.longest;
}

/// Numbers the task's head holds: rows it reads, their gradients, logits.
double headNumbers(const ModelSummary& model, const WorkerShare& share)
{
    const auto d = static_cast<double>(model.hiddenSize);
    if (isLanguageModelling(model.task)) {
        const auto chunkRows = static_cast<double>(vocabularyChunk(model.vocabSize));
        const double rows = share.tokens * share.labelledShare;
        const bool isMasked = model.task == TaskType::MaskedLm;
        return rows * d * (isMasked ? 5 : 2) +
               std::min(chunkRows, rows) * static_cast<double>(model.vocabSize);
    }
    if (isSequenceTask(model.task))
        return 5 * share.sequences * d;
    double labels = 2;
    for (const ModuleInfo& module : model.modules)
        if (module.isHead)
            labels = static_cast<double>(module.outFeatures);
    return 2 * share.tokens * labels;
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
    share.tokens =
        std::min(unlucky(sum / count, squares / count, longest) / workers + longest / 2, rows * longest);
    share.tokens = std::max(share.tokens, longest);
    share.tokenPairs =
        std::max(unlucky(squares / count, fourth / count, longest * longest) / workers, longest * longest);
    share.sequences = std::ceil(rows / workers);
    return share;
}

double activationBytes(const ModelSummary& model, const TrainingPlan& plan, const WorkerShare& share,
                       const ActivationUse& use)
{
    const double n = share.tokens;
    const auto d = static_cast<double>(model.hiddenSize);
    const GradientReach reach(model, plan);
    const int lowest = reach.lowestLayer();
    const int layers = static_cast<int>(model.numLayers);
    double kept = n * d; // the embeddings' output
    if (lowest < 0 && !model.isDecoder)
        kept += n * d + 2 * n; // what their norm saves
    if (lowest > 0 && !share.startsAtCut)
        kept += n * d; // the second buffer below the cut
    double largestLayer = 0;
    for (int layer = std::max(lowest, 0); layer < layers; ++layer) {
        const double numbers = keptByLayer(model, plan, share, reach.blockOf(layer));
        kept += use.isCheckpointing ? n * d : numbers;
        largestLayer = std::max(largestLayer, numbers);
    }
    if (use.isCheckpointing)
        kept += largestLayer;
    if (model.isDecoder)
        kept += n * d; // the norm above the blocks
    kept += headNumbers(model, share);
    const double backward = reach.isTrunkTrained() ? n * d + backwardScratch(model, share, use.dropout) : 0;
    const double forward = lowest > 0 && !share.startsAtCut ? forwardScratch(model, share) : 0;
    return floatBytes * std::max(kept + backward, 2 * n * d + forward);
}

MemoryBytes trainingMemory(const ModelSummary& model, const TrainingPlan& plan, std::int64_t trainable,
                           const WorkerShare& share, int workers, const ActivationUse& use)
{
    std::int64_t adapters = 0;
    for (const AdapterPlan& adapter : plan.adapters)
        for (const ModuleInfo& module : model.modules)
            if (module.name == adapter.module)
                adapters += adapter.r * (module.inFeatures + module.outFeatures);
    const WorkerShare evaluation{evaluationTokens, 0, share.longest, 0, share.labelledShare};
    MemoryBytes memory;
    memory.weights = floatBytes * static_cast<double>(model.parameters + adapters);
    memory.gradients = floatBytes * static_cast<double>(trainable) * workers;
    memory.optimizer = 2 * floatBytes * static_cast<double>(trainable);
    memory.activations =
        workers * (activationBytes(model, plan, share, use) +
                   floatBytes * (forwardScratch(model, evaluation) + headNumbers(model, evaluation) +
                                 2 * evaluationTokens * static_cast<double>(model.hiddenSize)));
    return memory;
}

} // namespace lora
