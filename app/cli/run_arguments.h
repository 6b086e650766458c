#pragma once

#include "core/experiment/prediction.h"

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

} // namespace lora::app
