#pragma once

#include "core/cost/cost_model.h"

namespace lora {

/// Measures this machine in about a tenth of a second: matrix products of the model's shapes and element-wise
/// passes, on `workers` workers at once (0: one per processor).
Calibration calibrate(const ModelSummary& model, int workers);

} // namespace lora
