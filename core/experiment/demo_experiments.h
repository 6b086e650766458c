#pragma once

#include "core/config/experiment_config.h"

#include <vector>

namespace lora {

/// The demo, for the command line and the window alike: the built-in encoder on builtin:sentiment by LoRA of
/// rank 1, 4 and 16 on all linear modules, by LoRA on the top quarter of the blocks, and by full fine-tuning;
/// same seed, same batches. Throws lora::Error when the built-in model is missing.
std::vector<ExperimentConfig> demoExperiments();

} // namespace lora
