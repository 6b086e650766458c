#pragma once

#include "core/train/worker_pool.h"

#include <optional>

namespace lora::bench {

/// Most GFLOP/s this machine reaches in matrix products: large square ones, each worker its own, all at once;
/// the best of several sizes and rounds. about a second.
double gemmLimitFloat32(WorkerPool& pool);
/// The same for bfloat16 factors and float32 sums, by oneDNN. None where it is not installed or the processor
/// has no bfloat16 products.
std::optional<double> gemmLimitBfloat16(WorkerPool& pool);

} // namespace lora::bench
