#include "core/evidence/reproduction_plan.h"

#include "core/base/error.h"
#include "core/lora/target_selection.h"
#include "core/models/model_summary.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lora {

const std::vector<ArticleClaim>& articleClaims()
{
    static const std::vector<ArticleClaim> claims = {
        {"sentiment", "sentiment analysis", TaskType::SequenceClassification, "builtin:sentiment", 0.7},
        {"topics", "text classification", TaskType::SequenceClassification, "builtin:topics", 0.6},
        {"qa", "question answering", TaskType::QuestionAnswering, "builtin:qa", 0.5},
    };
    return claims;
}

const ArticleClaim& articleClaim(const std::string& key)
{
    const auto& claims = articleClaims();
    const auto found = std::ranges::find(claims, key, &ArticleClaim::key);
    if (found != claims.end())
        return *found;
    std::vector<std::string> keys;
    for (const ArticleClaim& claim : claims)
        keys.push_back(claim.key);
    throw Error(ErrorKind::BadUsage,
                fmt::format("tasks: found \"{}\", expected any of {}", key, fmt::join(keys, ", ")),
                "Name tasks between commas, or leave the option out for all.");
}

ExperimentConfig usualExperiment(const ArticleClaim& claim)
{
    ExperimentConfig experiment;
    experiment.model = "builtin:encoder";
    experiment.task = claim.task;
    experiment.data.train = claim.builtinData;
    experiment.method.lora.r = 8;
    experiment.method.lora.loraAlpha = 16;
    experiment.method.lora.targetModules = "all-linear";
    experiment.training.learningRate = 2e-3;
    experiment.training.numTrainEpochs = 3;
    return experiment;
}

namespace {

/// Adapters and the head learn little on top of a layer of random weights that nothing trains: what the
/// checkpoint lacks, as most lack a pooler, is trained whole.
void saveMissingModules(LoraConfig& lora, const ModelSummary& model)
{
    for (const ModuleInfo& module : model.modules)
        if (module.isMissing && !module.isHead &&
            !isInSavedModule(module.name + ".weight", lora.modulesToSave))
            lora.modulesToSave.push_back(savedModuleName(module.name));
}

} // namespace

SweepPlan planReproduction(const ArticleClaim& claim, const ExperimentConfig& base,
                           const ReproductionSettings& settings, const ModelSummary& model)
{
    ExperimentConfig kept = base;
    kept.name = claim.key;
    saveMissingModules(kept.method.lora, model);
    kept.training.prefixCache = "memory"; // nothing from, and nothing for, another run
    SweepAxes axes;
    axes.seeds = settings.seeds;
    if (settings.fullLearningRate)
        axes.fullLearningRates = {*settings.fullLearningRate};
    axes.isFullIncluded = true;
    axes.isHeadIncluded = true;
    axes.layers = {
        {LayerSet::Kind::All, {}}, {LayerSet::Kind::TopHalf, {}}, {LayerSet::Kind::TopQuarter, {}}};
    SweepPlan plan = planSweep(kept, axes, model);

    ExperimentConfig repeated = kept;
    repeated.training.prefixCache = "off";
    axes.isFullIncluded = axes.isHeadIncluded = false;
    axes.layers.erase(axes.layers.begin());
    for (PlannedRun& run : planSweep(repeated, axes, model).runs) {
        const std::size_t end = std::min(run.label.find(" seed "), run.label.size());
        run.label.insert(end, " no cache");
        run.experiment.name = run.label;
        plan.runs.push_back(std::move(run));
    }
    return plan;
}

} // namespace lora
