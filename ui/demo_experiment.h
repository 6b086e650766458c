#pragma once

#include "core/config/experiment_config.h"

namespace lora::ui {

/// What a first start shows: LoRA of rank 8 on the built-in model and data, ready to run.
ExperimentConfig demoExperiment();

} // namespace lora::ui
