#include "core/cost/cost_model.h"

#include "core/cost/block_reach.h"
#include "core/cost/flop_ledger.h"
#include "core/cost/memory_plan.h"
#include "core/data/data_loader.h"
#include "core/lora/prefix_plan.h"
#include "core/models/piece_size.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace lora {

namespace {

/// How often the layers below the cut run.
struct PrefixShare
{
    double shareBelowCut = 1; ///< of the epochs
    bool isForAllRows = false;
};

/// Rows of the last block and of the head, and pairs of one of them with a token.
struct NeededRows
{
    double rows, pairs;
};

NeededRows neededRows(TaskType task, const WorkCounts& work)
{
    if (isLanguageModelling(task))
        return {work.labelledTokens, work.labelledPairs};
    return isSequenceTask(task) ? NeededRows{work.sequences, work.tokens}
                                : NeededRows{work.tokens, work.tokenPairs};
}

/// Bytes of element-wise traffic, forward and (where it happens) backward: every [token, hidden] and [token,
/// intermediate] matrix a block reads or writes outside its products; in the last block of needed rows alone,
/// but for keys and values. A head over a vocabulary reads and writes its logits too.
double elementwiseBytes(const ModelSummary& model, const TrainingPlan& plan, const WorkCounts& work,
                        const PrefixShare& prefix, bool isCheckpointing)
{
    const auto d = static_cast<double>(model.hiddenSize);
    const auto f = static_cast<double>(model.intermediateSize);
    const auto heads = static_cast<double>(model.numHeads);
    const NeededRows needed = neededRows(model.task, work);
    const auto forward = [&](bool isLast) {
        return isLast ? work.tokens * 6 * d + needed.rows * (16 * d + 4 * f) + needed.pairs * 4 * heads
                      : work.tokens * (22 * d + 4 * f) + work.tokenPairs * 4 * heads;
    };
    const auto backward = [&](bool isLast) {
        return isLast ? work.tokens * 8 * d + needed.rows * (18 * d + 6 * f) + needed.pairs * 5 * heads
                      : work.tokens * (26 * d + 6 * f) + work.tokenPairs * 5 * heads;
    };
    const int lowest = GradientReach(model, plan).lowestLayer();
    double numbers =
        isLanguageModelling(model.task) ? 5 * needed.rows * static_cast<double>(model.vocabSize) : 0;
    for (int layer = 0; layer < static_cast<int>(model.numLayers); ++layer) {
        const bool isLast = layer + 1 == static_cast<int>(model.numLayers);
        const bool isBelow = layer < lowest;
        numbers += forward(isLast && !(isBelow && prefix.isForAllRows)) * (isBelow ? prefix.shareBelowCut
                                                                           : isCheckpointing ? 2
                                                                                             : 1);
        if (!isBelow)
            numbers += backward(isLast);
    }
    return 4 * numbers;
}

double optimizerBytes(double trainable, double gradients)
{
    // Cleared, reduced, read for the norm, and the update's seven reads and writes.
    return 4 * (2 * gradients + (1 + 7) * trainable);
}

struct Method
{
    const ExperimentConfig& experiment;
    const WorkloadFacts& facts;
    const Calibration& calibration;
};

/// Whether the weights that are not trained are in bfloat16.
bool hasBFloat16Weights(const ExperimentConfig& experiment)
{
    return experiment.training.dtype == "bfloat16" && experiment.method.type != MethodType::Full;
}

/// Numbers of all adapters: there are, and of them trained.
struct AdapterNumbers
{
    std::int64_t all = 0;
    std::int64_t trained = 0;
    std::int64_t exported = 0; ///< PiSSA and OLoRA: as plain LoRA of doubled rank
};

AdapterNumbers adapterNumbers(const ModelSummary& model, const TrainingPlan& plan)
{
    AdapterNumbers numbers;
    for (const ModuleInfo& module : model.modules)
        if (const AdapterPlan* adapter = plan.adapterOf(module.name)) {
            const std::int64_t size = adapter->size(module.inFeatures, module.outFeatures);
            numbers.all += size;
            numbers.trained += adapter->trainedSize(module.inFeatures, module.outFeatures);
            numbers.exported += (adapter->hasStart ? 2 : 1) * size;
        }
    return numbers;
}

std::int64_t trainedBaseParameters(const ModelSummary& model, const TrainingPlan& plan)
{
    std::int64_t count = 0;
    for (const ParameterInfo& parameter : model.parameterList)
        if (plan.isTrained(parameter.name))
            count += parameter.size();
    // An output embedding that stops sharing the word embeddings' weight has one of its own.
    for (const ModuleInfo& module : model.modules)
        if (module.isTied && module.name == plan.untiedModule)
            count += module.inFeatures * module.outFeatures;
    return count;
}

/// Labelled tokens of all tokens, where the loss is over tokens of the vocabulary.
double labelledShareOf(const WorkloadFacts& facts, TaskType task, const WorkCounts& work)
{
    if (!isLanguageModelling(task) || work.tokens == 0)
        return 0;
    if (facts.labelledShare > 0)
        return facts.labelledShare;
    constexpr double hiddenShare = 0.15; // see Collator
    return task == TaskType::MaskedLm ? hiddenShare : (work.tokens - work.sequences) / work.tokens;
}

/// Safetensors of so many F32 numbers; names and shapes take about 150 bytes a tensor.
std::int64_t fileBytes(std::int64_t numbers, std::size_t tensors)
{
    return 4 * numbers + static_cast<std::int64_t>(tensors) * 150 + 8;
}

/// What the prefix cache does for a run, beside its planned passes over the rows.
struct PrefixEffect
{
    PrefixUse use;
    double shareBelowCut = 1; ///< of the epochs, that run the layers below the cut
};

PrefixEffect prefixEffect(const Method& method, const TrainingPlan& plan, double stepsPerEpoch)
{
    const TrainingConfig& training = method.experiment.training;
    const auto steps = static_cast<double>(plannedSteps(training, static_cast<std::int64_t>(stepsPerEpoch)));
    PrefixFacts facts;
    facts.lowestLayer = GradientReach(method.facts.model, plan).lowestLayer();
    facts.dropout = training.hiddenDropout.value_or(method.facts.model.dropout);
    facts.isHiddenAnew = method.facts.isHiddenAnew;
    facts.epochs = steps / stepsPerEpoch;
    PrefixEffect effect{planPrefix(training.prefixCache, facts)};
    if (effect.use.isForTraining)
        effect.shareBelowCut = 1 / facts.epochs;
    return effect;
}

double cacheBytes(const Method& method, const PrefixUse& use, const WorkCounts& work)
{
    const double tokens =
        (use.isForTraining ? work.tokens : 0) + (use.isForEvaluation ? method.facts.evalTokens : 0);
    return 4 * tokens * static_cast<double>(method.facts.model.hiddenSize);
}

/// What of a ledger is done by frozen linear weights, which may be in bfloat16.
FlopLedger frozenProducts(const ModelSummary& model, const FlopLedger& ledger, const TrainingPlan& plan)
{
    std::vector<LedgerEntry> entries;
    for (LedgerEntry entry : ledger.entries()) {
        const bool isModule = std::ranges::any_of(
            model.modules, [&](const ModuleInfo& module) { return module.name == entry.module; });
        if (!isModule || plan.isTrained(entry.module + ".weight"))
            continue;
        entry.weightGradients = entry.adapters = 0;
        entries.push_back(std::move(entry));
    }
    return {model.task, std::move(entries)};
}

/// Adapters' products, as many operations more as fit into the time they take longer: with few columns a
/// product spends most of it on reading and packing. Measured from r 1 to 64.
FlopLedger narrowProducts(const ModelSummary& model, const FlopLedger& ledger, const TrainingPlan& plan)
{
    constexpr double columnsLost = 12;
    std::vector<LedgerEntry> entries;
    for (const LedgerEntry& entry : ledger.entries())
        if (const AdapterPlan* adapter = plan.adapterOf(entry.module)) {
            entries.push_back({entry.module, entry.unit});
            entries.back().adapters = entry.adapters * columnsLost / adapter->r;
        }
    return {model.task, std::move(entries)};
}

/// Numbers DoRA reads and writes beside plain LoRA: outputs are scaled, kept, and asked for each column's
/// gradient.
FlopLedger magnitudeTraffic(const ModelSummary& model, const FlopLedger& ledger, const TrainingPlan& plan)
{
    constexpr double passes = 7;
    std::vector<LedgerEntry> entries;
    for (const LedgerEntry& entry : ledger.entries())
        if (const AdapterPlan* adapter = plan.adapterOf(entry.module);
            adapter && adapter->hasMagnitude && entry.unit != WorkUnit::Step)
            for (const ModuleInfo& module : model.modules)
                if (module.name == entry.module)
                    entries.push_back(
                        {entry.module, entry.unit, passes * static_cast<double>(module.outFeatures)});
    return {model.task, std::move(entries)};
}

/// Seconds of an epoch's products, and of what goes through memory between them.
double epochSeconds(const Method& method, const TrainingPlan& plan, const FlopLedger& ledger,
                    const WorkCounts& work, const WorkCounts& belowCut, double trafficBytes)
{
    const ModelSummary& model = method.facts.model;
    const Calibration& speed = method.calibration;
    const bool isBFloat16 = hasBFloat16Weights(method.experiment) && speed.bfloat16FlopsPerSecond > 0;
    const double fast = isBFloat16 ? frozenProducts(model, ledger, plan).total(work, belowCut).total() : 0;
    const double narrow = narrowProducts(model, ledger, plan).total(work).total();
    const double usual = ledger.total(work, belowCut).total() - fast + narrow;
    const double traffic = trafficBytes + 4 * magnitudeTraffic(model, ledger, plan).total(work).total();
    return usual / speed.gemmFlopsPerSecond + (isBFloat16 ? fast / speed.bfloat16FlopsPerSecond : 0) +
           traffic / speed.elementwiseBytesPerSecond;
}

struct MemoryFacts
{
    std::vector<std::vector<PieceFacts>> pieces;
    WeightUse weights;
    PassUse pass;
};

MemoryFacts memoryFactsOf(const Method& method, const PrefixEffect& prefix, double stepsPerEpoch,
                          double labelledShare)
{
    const ModelSummary& model = method.facts.model;
    const ExperimentConfig& experiment = method.experiment;
    const TrainingConfig& training = experiment.training;
    const auto steps = static_cast<double>(plannedSteps(training, static_cast<std::int64_t>(stepsPerEpoch)));
    MemoryFacts facts;
    facts.pieces = largestPieces(
        method.facts.trainLengths,
        {.batchSize = training.perDeviceTrainBatchSize,
         .workers = std::max(1, method.calibration.workers),
         .isShuffled = experiment.data.shuffle,
         .seed = training.seed,
         .batches = steps * training.gradientAccumulationSteps,
         .tokensPerPiece = tokensPerPiece(model.numLayers, model.hiddenSize, model.intermediateSize),
         .isCausal = method.facts.model.isDecoder,
         .labelledShare = labelledShare});
    // The prefix cache's key is made of every weight below the cut.
    const bool isHashed = prefix.use.isForTraining || prefix.use.isForEvaluation;
    facts.weights.vocabularyShare = isHashed ? 1 : method.facts.vocabularyShare;
    for (const auto& candidates : facts.pieces)
        for (const PieceFacts& piece : candidates)
            facts.weights.positions = std::max(facts.weights.positions, piece.longest);
    if (isHashed)
        facts.weights.positions = model.maxPositions;
    facts.weights.isBFloat16 = hasBFloat16Weights(experiment);
    facts.pass = {.dropout = training.hiddenDropout.value_or(model.dropout),
                  .adapterDropout =
                      experiment.method.type == MethodType::Lora ? experiment.method.lora.loraDropout : 0,
                  .isBFloat16 = facts.weights.isBFloat16,
                  .startsAtCut = prefix.use.isForTraining};
    return facts;
}

/// Code, tables and the allocator's slack that training adds to a process that has only read its data.
constexpr double laterBytes = 3.5e6;

MemoryBytes memoryOf(const Method& method, const TrainingPlan& plan, std::int64_t trainable,
                     const MemoryFacts& facts, bool isCheckpointing)
{
    const ModelSummary& model = method.facts.model;
    PassUse pass = facts.pass;
    pass.isCheckpointing = isCheckpointing;
    MemoryBytes memory;
    memory.weights = weightBytes(model, plan, facts.weights);
    memory.gradients = 4.0 * static_cast<double>(gradientNumbers(model, plan, trainable,
                                                                 std::max(1, method.calibration.workers)));
    memory.optimizer = 8.0 * static_cast<double>(trainable);
    memory.activations = activationBytes(model, plan, facts.pieces, pass);
    memory.process = method.calibration.processBytes > 0 ? method.calibration.processBytes + laterBytes : 0;
    return memory;
}

/// "auto": where the estimate without it comes near the machine's memory.
bool wantsCheckpointing(const Method& method, const MemoryBytes& without)
{
    constexpr double comfortableShare = 0.7;
    const double machine = method.calibration.machineBytes;
    return method.experiment.training.gradientCheckpointing.value_or(
        machine > 0 && without.total() > comfortableShare * machine);
}

/// `isCheckpointing`: none: as configured.
MethodCost costOf(const Method& method, const TrainingPlan& plan, std::optional<bool> isCheckpointing = {})
{
    const ModelSummary& model = method.facts.model;
    const TrainingConfig& training = method.experiment.training;
    WorkCounts work = countWork(method.facts.trainLengths, model.isDecoder);
    const double labelledShare = labelledShareOf(method.facts, method.experiment.task, work);
    work.labelledTokens = labelledShare * work.tokens;
    work.labelledPairs = labelledShare * work.tokenPairs;
    MethodCost cost;
    const AdapterNumbers adapters = adapterNumbers(model, plan);
    const std::int64_t trainedBase = trainedBaseParameters(model, plan);
    cost.parameters.trainable = adapters.trained + trainedBase;
    cost.parameters.total = model.parameters + adapters.all;
    const bool isWholeModel = plan.adapters.empty();
    cost.adapterBytes = isWholeModel ? fileBytes(model.parameters, model.parameterList.size())
                                     : fileBytes(adapters.exported + trainedBase,
                                                 2 * plan.adapters.size() + plan.trainedParameters.size());
    const int batch = training.perDeviceTrainBatchSize;
    const double rowsPerStep = static_cast<double>(batch) * training.gradientAccumulationSteps;
    const double stepsPerEpoch = std::max(1.0, std::ceil(work.sequences / rowsPerStep));
    work.steps = stepsPerEpoch;
    const PrefixEffect prefix = prefixEffect(method, plan, stepsPerEpoch);
    const MemoryFacts memoryFacts = memoryFactsOf(method, prefix, stepsPerEpoch, labelledShare);
    const auto memory = [&](bool isOn) {
        return memoryOf(method, plan, cost.parameters.trainable, memoryFacts, isOn);
    };
    cost.memory = memory(false);
    cost.memory.cache = cacheBytes(method, prefix.use, work);
    cost.isCheckpointing = isCheckpointing.value_or(wantsCheckpointing(method, cost.memory));
    if (cost.isCheckpointing)
        cost.memory = memory(true);
    cost.memory.cache = cacheBytes(method, prefix.use, work);
    const FlopLedger ledger = trainingLedger(model, method.experiment.task, plan, cost.isCheckpointing);
    WorkCounts belowCut = work;
    belowCut.tokens *= prefix.shareBelowCut;
    belowCut.tokenPairs *= prefix.shareBelowCut;
    belowCut.isForAllRows = prefix.use.isForTraining;
    const FlopsPerToken total = ledger.total(work, belowCut);
    const double tokens = std::max(1.0, work.tokens);
    cost.flopsPerToken = {total.forward / tokens, total.activationGradients / tokens,
                          total.weightGradients / tokens, total.adapters / tokens};
    cost.flopsPerEpoch = total.total();
    cost.prefixSaving = (ledger.total(work).forward - total.forward) / tokens;
    if (method.calibration.gemmFlopsPerSecond > 0) {
        const double traffic =
            elementwiseBytes(model, plan, work, {prefix.shareBelowCut, prefix.use.isForTraining},
                             cost.isCheckpointing) +
            stepsPerEpoch *
                optimizerBytes(static_cast<double>(cost.parameters.trainable), cost.memory.gradients / 4);
        cost.secondsPerEpoch = epochSeconds(method, plan, ledger, work, belowCut, traffic);
        cost.secondsPerStep = cost.secondsPerEpoch / stepsPerEpoch;
    }
    return cost;
}

std::vector<SavingSource> savingSources(const MethodCost& method, const MethodCost& full)
{
    const double whole = full.flopsPerToken.total();
    if (whole <= 0)
        return {};
    const auto share = [whole](double difference) { return difference / whole; };
    return {{"weight_gradients", "no weight gradients",
             share(full.flopsPerToken.weightGradients - method.flopsPerToken.weightGradients)},
            {"backward_cut", "no backward below the cut",
             share(full.flopsPerToken.activationGradients - method.flopsPerToken.activationGradients)},
            {"prefix_cache", "frozen layers run once", share(method.prefixSaving - full.prefixSaving)},
            {"adapters", "the adapters' own work",
             share(full.flopsPerToken.adapters - method.flopsPerToken.adapters)}};
}

} // namespace

CostReport estimateCost(const ExperimentConfig& experiment, const WorkloadFacts& facts,
                        const Calibration& calibration)
{
    const ModelParts parts = partsOf(facts.model, experiment.task);
    const Method method{experiment, facts, calibration};
    CostReport report;
    report.method = costOf(method, planTraining(experiment.method, parts));
    // The baseline keeps or recomputes activations as the method does: the savings are the method's alone.
    report.fullFineTuning =
        costOf(method, planTraining({MethodType::Full, {}}, parts), report.method.isCheckpointing);
    report.savings = savingSources(report.method, report.fullFineTuning);
    return report;
}

} // namespace lora
