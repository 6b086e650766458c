#pragma once

#include <string>

namespace lora::app {

/// The keys of an experiment file with their defaults and ranges, in at most 80 columns.
std::string experimentHelp();

} // namespace lora::app
