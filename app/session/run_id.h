#pragma once

#include <cstdint>

namespace lora::app {

/// Tells the runs of this program apart; messages of an earlier run are recognised by it and dropped.
enum class RunId : std::uint64_t { None = 0 };

} // namespace lora::app
