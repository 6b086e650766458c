#pragma once

#include "core/config/experiment_config.h"
#include "core/data/tokenized_dataset.h"
#include "core/models/language_model.h"
#include "core/text/tokenizer.h"
#include "core/train/evaluator.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// What to open: a run folder, or a model folder (or "builtin:encoder"), with an adapter and a task if wanted.
struct TrainedModelRequest
{
    std::string runOrModel;
    std::optional<std::filesystem::path> adapter; ///< PEFT folder; only with a model folder
    std::optional<TaskType> task;                 ///< only with a model folder
};

/// A model ready to predict.
struct TrainedModel
{
    std::unique_ptr<LanguageModel<float>> model;
    std::unique_ptr<Tokenizer> tokenizer; ///< null when the folder has none
    ExperimentConfig experiment;          ///< of the run; of a model folder: the defaults with model and task set
    bool isRun = false;
    std::vector<std::string> notices; ///< for example: the classifier is newly initialised
};

/// Throws lora::Error when it is neither a run nor a model, or the adapter does not fit.
TrainedModel openTrainedModel(const TrainedModelRequest& request);


/// Predictions and metrics (where rows have labels) on `threads` workers (0: one per processor).
EvaluationResult evaluate(const TrainedModel& trained, const TokenizedDataset& dataset, int threads,
                          const ResultWishes& wishes = {});

} // namespace lora
