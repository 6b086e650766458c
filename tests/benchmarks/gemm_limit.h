#pragma once

#include "core/train/worker_pool.h"

#include <optional>

namespace lora::bench {

/// Most GFLOP/s this machine reaches in matrix products: large square ones, each worker its own on one
/// thread, all at once; the best of several sizes and rounds.
struct GemmLimit
{
    std::optional<double> own;     ///< by core/math
    std::optional<double> library; ///< by OpenBLAS (float32) or oneDNN (bfloat16)

    std::optional<double> best() const { return std::max(own, library); }
};

GemmLimit gemmLimitFloat32(WorkerPool& pool);
/// bfloat16 factors and float32 sums. Nothing where the processor has no such products, no `library` where
/// oneDNN is not installed.
GemmLimit gemmLimitBfloat16(WorkerPool& pool);

} // namespace lora::bench
