#pragma once

#include "core/experiment/trained_model.h"

#include <filesystem>
#include <optional>
#include <string>

#include <CLI/App.hpp>

namespace lora::app {

/// A run given by its folder, or by its name in the user's runs folder.
std::filesystem::path runFolderOf(const std::string& argument);

/// The options of subcommands that use a trained model: RUN, --adapter, --task.
struct ModelArguments
{
    std::string runOrModel;
    std::string adapter;
    std::string task;
};

void addModelArguments(CLI::App& app, ModelArguments& arguments);

/// Throws lora::Error for an unknown task and as openTrainedModel does.
TrainedModel openModel(const ModelArguments& arguments);

/// Throws lora::Error (BadUsage) listing the tasks there are.
TaskType taskNamed(const std::string& name);

/// Class names as they stand in data files: those of a run, "0", "1", … where the model has only Hugging
/// Face's "LABEL_0".
std::vector<std::string> dataLabelNames(const TrainedModel& trained);

/// The experiment's max_length, or fewer where the model has fewer positions.
int maxLengthOf(const TrainedModel& trained);

} // namespace lora::app
