#include "core/cost/memory_plan.h"

#include "core/base/rng.h"
#include "core/data/work_split.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace lora {

namespace {

constexpr double floatBytes = 4;
constexpr double halfBytes = 2;
/// Tokens of an evaluation batch, see Evaluator.
constexpr std::int64_t evaluationTokens = 1024;
/// A worker's panels of packed weights, see packed_gemm.cpp.
constexpr double packingBytes = floatBytes * (256 * (512 + 32) + 14 * (256 + 16));
/// The largest of so many batches is close to the largest of a run.
constexpr double mostBatches = 256;

/// The rows of an epoch in the order DataLoader gives them.
std::vector<std::uint32_t> orderOf(std::int64_t epoch, std::size_t rows, const LoadPlan& load)
{
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0u);
    if (load.isShuffled) {
        Rng rng(load.seed, fmt::format("shuffle/{}", epoch));
        shuffle(order, rng);
    }
    return order;
}

void keepLargest(const PieceFacts& piece, std::vector<PieceFacts>& largest)
{
    if (largest.empty())
        largest.assign(2, piece);
    if (piece.tokens > largest[0].tokens)
        largest[0] = piece;
    if (piece.tokenPairs > largest[1].tokenPairs)
        largest[1] = piece;
}

/// A worker's share of a batch, piece by piece as TrainingStep takes them.
void addPieces(const Batch& batch, std::span<const std::uint32_t> share, const LoadPlan& load,
               std::vector<PieceFacts>& largest)
{
    std::vector<std::int32_t> lengths;
    while (!share.empty()) {
        const std::size_t count = sequencesOfPiece(batch, share, load.tokensPerPiece);
        lengths.clear();
        for (const std::uint32_t sequence : share.first(count))
            lengths.push_back(static_cast<std::int32_t>(batch.length(sequence)));
        keepLargest(pieceFacts(lengths, load.isCausal, load.labelledShare), largest);
        share = share.subspan(count);
    }
}

bool isInLinear(const ModelSummary& model, const std::string& parameter)
{
    return parameter.ends_with(".weight") &&
           std::ranges::any_of(model.modules, [&](const ModuleInfo& module) {
               return parameter.size() == module.name.size() + 7 && parameter.starts_with(module.name);
           });
}

/// Bytes of one frozen weight.
double frozenBytes(const ModelSummary& model, const ParameterInfo& parameter, const WeightUse& use)
{
    const bool isWord = &parameter == &model.parameterList.front();
    const auto numbers = static_cast<double>(parameter.size());
    if (use.isBFloat16 && (isWord || isInLinear(model, parameter.name)))
        return halfBytes * numbers;
    const bool isOutput = std::ranges::any_of(
        model.modules, [](const ModuleInfo& module) { return module.isOutputEmbedding && module.isTied; });
    const bool isTable = parameter.place == WeightPlace::Embeddings && parameter.shape.size() == 2;
    if (!parameter.isMapped || !isTable || (isWord && isOutput))
        return floatBytes * numbers;
    if (isWord)
        return floatBytes * numbers * use.vocabularyShare;
    if (parameter.shape[0] == model.maxPositions)
        return floatBytes *
               static_cast<double>(std::min(parameter.shape[0], use.positions) * parameter.shape[1]);
    return floatBytes * numbers;
}

/// A worker's buffer for `tokens` rows rounded to bfloat16; it stays as large as the largest was.
double roundedBytes(const ModelSummary& model, std::int64_t tokens)
{
    constexpr std::int64_t deepest = 8192; // deeper ones go through in parts, see packed_gemm.cpp
    constexpr std::int64_t gap = 16;
    std::int64_t depth = 0;
    for (const ModuleInfo& module : model.modules)
        if (module.stage)
            for (const std::int64_t k : {module.inFeatures, module.outFeatures})
                depth = std::max(depth, k <= deepest ? k : 0);
    return floatBytes * static_cast<double>(tokens * ((depth + 31) / 32 * 16 + gap));
}

} // namespace

std::vector<std::vector<PieceFacts>> largestPieces(std::span<const std::int32_t> lengths,
                                                   const LoadPlan& load)
{
    const auto size = static_cast<std::size_t>(std::max(1, load.batchSize));
    const auto batches = static_cast<std::size_t>(std::clamp(load.batches, 1.0, mostBatches));
    const std::size_t perEpoch = (lengths.size() + size - 1) / size;
    std::vector<std::vector<PieceFacts>> largest(static_cast<std::size_t>(load.workers));
    std::vector<std::uint32_t> order;
    WorkSplitter splitter;
    WorkSplit split;
    Batch batch;
    for (std::size_t b = 0; b < batches && !lengths.empty(); ++b) {
        if (b % perEpoch == 0)
            order = orderOf(static_cast<std::int64_t>(b / perEpoch), lengths.size(), load);
        const std::size_t first = b % perEpoch * size;
        batch.sequenceOffsets.assign(1, 0);
        for (std::size_t i = first; i < std::min(order.size(), first + size); ++i)
            batch.sequenceOffsets.push_back(batch.sequenceOffsets.back() + lengths[order[i]]);
        splitter.split(batch, load.workers, split);
        for (std::size_t worker = 0; worker < split.size(); ++worker)
            addPieces(batch, split[worker], load, largest[worker]);
    }
    return largest;
}

double weightBytes(const ModelSummary& model, const TrainingPlan& plan, const WeightUse& use)
{
    double bytes = 0;
    for (const ParameterInfo& parameter : model.parameterList)
        bytes += plan.isTrained(parameter.name) ? floatBytes * static_cast<double>(parameter.size())
                                                : frozenBytes(model, parameter, use);
    for (const ModuleInfo& module : model.modules) {
        if (const AdapterPlan* adapter = plan.adapterOf(module.name))
            bytes += floatBytes * static_cast<double>((adapter->hasStart ? 2 : 1) *
                                                      adapter->size(module.inFeatures, module.outFeatures));
        if (module.isTied && module.name == plan.untiedModule)
            bytes += floatBytes * static_cast<double>(module.inFeatures * module.outFeatures);
    }
    return bytes;
}

std::int64_t sharedGradientNumbers(const ModelSummary& model, const TrainingPlan& plan, std::int64_t smallest)
{
    std::int64_t numbers = 0;
    const auto count = [&](const std::string& parameter, std::int64_t size) {
        if (size >= smallest && plan.isTrained(parameter))
            numbers += size;
    };
    bool isWordTied = false;
    for (const ModuleInfo& module : model.modules) {
        const bool isMetOften =
            module.isOutputEmbedding || (module.stage && model.numBlocks < model.numLayers);
        isWordTied = isWordTied || (module.isTied && module.name != plan.untiedModule);
        if (!isMetOften)
            count(module.name + ".weight", module.inFeatures * module.outFeatures);
    }
    if (!isWordTied)
        count(model.parameterList.front().name, model.parameterList.front().size());
    return numbers;
}

std::int64_t gradientNumbers(const ModelSummary& model, const TrainingPlan& plan, std::int64_t trainable,
                             int workers)
{
    const std::int64_t shared = sharedGradientNumbers(model, plan);
    const std::int64_t further = trainable - (isSharingWorthwhile(shared, workers) ? shared : 0);
    return trainable + (workers - 1) * further;
}

double activationBytes(const ModelSummary& model, const TrainingPlan& plan,
                       std::span<const std::vector<PieceFacts>> pieces, const PassUse& use)
{
    double steps = 0;
    double evaluations = 0;
    double buffers = 0;
    for (const std::vector<PieceFacts>& candidates : pieces) {
        double largest = 0;
        double evaluation = 0;
        std::int64_t rows = 0;
        for (const PieceFacts& piece : candidates) {
            rows = std::max({rows, piece.tokens, evaluationTokens});
            largest = std::max(largest, arenaBytes(model, plan, piece, use));
            // As many sequences of the same kind as an evaluation batch takes.
            PieceFacts batch = piece;
            const double scale = static_cast<double>(std::max(evaluationTokens, piece.longest)) /
                                 std::max(1.0, static_cast<double>(piece.tokens));
            batch.tokens = std::max(evaluationTokens, piece.longest);
            batch.sequences = static_cast<std::int64_t>(scale * static_cast<double>(piece.sequences)) + 1;
            batch.labelledTokens =
                static_cast<std::int64_t>(scale * static_cast<double>(piece.labelledTokens));
            PassUse reading = use;
            reading.isTraining = false;
            reading.startsAtCut = false; // what is kept has to be computed once
            reading.isCheckpointing = false;
            evaluation = std::max(evaluation, arenaBytes(model, plan, batch, reading));
        }
        steps += largest;
        evaluations += evaluation;
        buffers += packingBytes;
        if (use.isBFloat16)
            buffers += roundedBytes(model, rows);
    }
    return std::max(steps, evaluations) + buffers;
}

} // namespace lora
