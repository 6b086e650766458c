#pragma once

#include "core/config/experiment_config.h"

#include <QString>
#include <QStringList>

namespace lora::ui {

/// Shell commands that run the same experiment without the window: with the file when it holds this very
/// experiment, else with the experiment written out first.
QString commandLine(const ExperimentConfig& experiment, const QString& savedFile);
/// The same for a sweep over it with these options of `lora-workbench-cli sweep`.
QString sweepCommandLine(const ExperimentConfig& experiment, const QStringList& options,
                         const QString& savedFile);

} // namespace lora::ui
