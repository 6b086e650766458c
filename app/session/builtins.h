#pragma once

#include "core/models/model_summary.h"

#include <QStringList>

#include <string>

namespace lora::app {

/// What the resources folder holds, as experiments name it.
struct Builtins
{
    QStringList models; ///< "builtin:encoder", …
    QStringList data;   ///< "builtin:sentiment", …
};

Builtins builtins();

/// The model, for this task if it can do it, else for its usual one. Throws lora::Error.
ModelSummary describeFor(const std::string& model, TaskType task);

} // namespace lora::app
