#include "core/experiment/demo_experiments.h"

#include "core/models/model_loader.h"

#include <algorithm>
#include <cmath>

namespace lora {

namespace {

// Full fine-tuning wants a rate about ten times smaller than LoRA's: every weight moves.
constexpr double loraLearningRate = 2e-3;
constexpr double fullLearningRate = 1e-3;
constexpr double epochs = 3;
constexpr int topQuarterRank = 4;

ExperimentConfig base(const std::string& name)
{
    ExperimentConfig experiment;
    experiment.name = name;
    experiment.model = "builtin:encoder";
    experiment.data.train = "builtin:sentiment";
    experiment.training.numTrainEpochs = epochs;
    return experiment;
}

ExperimentConfig loraExperiment(const std::string& name, int rank)
{
    ExperimentConfig experiment = base(name);
    experiment.method.lora.r = rank;
    experiment.method.lora.loraAlpha = 2.0 * rank;
    experiment.method.lora.targetModules = "all-linear";
    experiment.method.lora.modulesToSave = {
        "pooler"}; // new in this model, as after any masked-LM pretraining: trained whole
    experiment.training.learningRate = loraLearningRate;
    return experiment;
}

std::vector<int> topQuarter(std::int64_t layers)
{
    const auto count = std::max<std::int64_t>(1, std::llround(static_cast<double>(layers) / 4));
    std::vector<int> top;
    for (std::int64_t layer = layers - count; layer < layers; ++layer)
        top.push_back(static_cast<int>(layer));
    return top;
}

} // namespace

std::vector<ExperimentConfig> demoExperiments()
{
    std::vector<ExperimentConfig> experiments;
    for (const int rank : {1, 4, 16})
        experiments.push_back(loraExperiment("LoRA r=" + std::to_string(rank), rank));

    ExperimentConfig& top = experiments.emplace_back(loraExperiment("LoRA top quarter", topQuarterRank));
    top.method.lora.layersToTransform = topQuarter(describeModel(top.model).numLayers);

    ExperimentConfig& full = experiments.emplace_back(base("full fine-tuning"));
    full.method.type = MethodType::Full;
    full.training.learningRate = fullLearningRate;
    return experiments;
}

} // namespace lora
