#pragma once

#include "core/experiment/pretraining_config.h"

#include <filesystem>
#include <string>

namespace lora {

/// What a new model is made of, before its first step.
struct NewModel
{
    ExperimentConfig experiment; ///< trains it in full: for runExperiment
    std::int64_t vocabularySize = 0;
    std::int64_t parameters = 0;
};

/// Makes the model that is to be trained: learns the vocabulary from the training text (or takes the
/// tokenizer that is named), draws all weights at random by the seed and writes both with config.json to
/// `<runFolder>/start`, a complete Hugging Face folder, whole or not at all. Running the experiment records
/// the run in `runFolder`, resumes as any run does and leaves the trained model in `<runFolder>/model`.
/// Throws lora::Error: BadUsage when the folder holds a run already or the vocabulary is too small for the
/// text, BadInput for the text, Unsupported when the tokenizer lacks what the task needs.
NewModel makeNewModel(const PretrainingConfig& config, const std::filesystem::path& runFolder);

} // namespace lora
