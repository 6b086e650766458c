#pragma once

#include <cmath>

namespace lora {

/// Factor that brings the global gradient norm down to `maxNorm`, as torch.nn.utils.clip_grad_norm_ computes
/// it; 1 when the norm is smaller or maxNorm is 0 (no clipping).
inline double clippingFactor(double norm, double maxNorm)
{
    if (maxNorm <= 0 || !std::isfinite(norm))
        return 1;
    const double factor = maxNorm / (norm + 1e-6);
    return factor < 1 ? factor : 1;
}

} // namespace lora
