#pragma once

#include "core/config/experiment_config.h"

#include <QString>

namespace lora::ui {

/// Shell commands that run the same experiment without the window: with the file when it holds this very
/// experiment, else with the experiment written out first.
QString commandLine(const ExperimentConfig& experiment, const QString& savedFile);

} // namespace lora::ui
