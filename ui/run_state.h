#pragma once

namespace lora::ui {

/// What the training side is doing; decided by the controller, shown by the window.
enum class RunState { Idle, Preparing, Running, Paused, Stopping };

} // namespace lora::ui
