#pragma once

#include <string>
#include <vector>

namespace lora {

/// Dotted paths of every key an experiment file may hold, in the order they are written.
const std::vector<std::string>& experimentPaths();

} // namespace lora
