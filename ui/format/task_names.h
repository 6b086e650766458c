#pragma once

#include "core/config/task.h"

#include <QString>

namespace lora::ui {

/// "token classification"
QString taskName(TaskType task);
/// What the task is, in one sentence for a tooltip.
QString taskMeaning(TaskType task);

} // namespace lora::ui
