#pragma once

#include "core/config/experiment_config.h"
#include "core/cost/cost_model.h"
#include "core/data/dataset_loader.h"
#include "core/lora/peft_config.h"
#include "core/lora/trainable_parameters.h"
#include "core/models/language_model.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// Model folder, tokenizer and tokenised rows of an experiment, checked against each other: all that can be
/// known before any weight is loaded.
struct ExperimentData
{
    ExperimentConfig experiment; ///< with an initial adapter's settings in place of the method's
    std::filesystem::path modelFolder;
    std::unique_ptr<Tokenizer> tokenizer; ///< null when the folder has none
    LoadedData data;
    ModelSummary summary; ///< for the data's number of labels
    std::int64_t numLabels = 0;
    std::optional<PeftConfig> initialAdapter;
    std::vector<std::string> notices;
};

/// Throws lora::Error for anything wrong with the configuration, the model folder or the data.
ExperimentData prepareData(const ExperimentConfig& experiment);

/// What its cost depends on.
WorkloadFacts workloadOf(const ExperimentData& prepared);

/// The model of an experiment, ready to train.
struct ExperimentModel
{
    std::unique_ptr<LanguageModel<float>> model;
    TrainableParameters<float> trainable;
    std::string hash; ///< of the weights' file
};

ExperimentModel prepareModel(ExperimentData& prepared);

/// Outputs a head of the task has for so many labels: 1 for regression, 2 (start and end) for question
/// answering, 0 for language modelling, whose outputs are the vocabulary.
std::int64_t outputCount(TaskType task, std::int64_t labels);

/// The tokenizer of a model folder, null when it has none.
std::unique_ptr<Tokenizer> tokenizerOf(const std::filesystem::path& modelFolder);

} // namespace lora
