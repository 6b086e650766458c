#pragma once

#include <string>

namespace lora::app {

/// Every key of a pretraining file with its default, for `pretrain --help`; at most 80 columns.
std::string pretrainingHelp();

} // namespace lora::app
