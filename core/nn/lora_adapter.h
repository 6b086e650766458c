#pragma once

#include "core/nn/parameter.h"
#include "core/nn/pass_context.h"

#include <string>

namespace lora {

/// The low-rank update of one linear module (Hu et al., arXiv:2106.09685):
///     y += s · dropout(x) Aᵀ Bᵀ      A [r, in], B [out, r], s = alpha / r (alpha / √r with rsLoRA,
///     arXiv:2312.03732)
template <class T>
class LoraAdapter
{
public:
    /// What backward needs of forward; views into the arena.
    struct Saved
    {
        ConstMatrix<T> x; ///< [n, in], after dropout
        Matrix<T> low;    ///< x Aᵀ, [n, r]
        std::uint64_t dropoutKey = 0;
    };

    LoraAdapter(const std::string& moduleName, std::int64_t in, std::int64_t out, std::int64_t r);

    std::int64_t r() const { return a.value().rows; }
    double effectiveScaling() const { return scaling * strength; }

    /// y += s · dropout(x) Aᵀ Bᵀ; with `saved` what backward needs is kept.
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// dB += s dyᵀ low, dA += dlowᵀ x with dlow = s dy B; dx += dropout'(dlow A) unless skipped (dx must hold
    /// numbers).
    void backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                  InputGradient inputGradient) const;
    /// s · B A, [out, in], into `delta`.
    void writeDelta(Matrix<T> delta) const;

    Parameter<T> a; ///< "<module>.lora_A.weight"
    Parameter<T> b; ///< "<module>.lora_B.weight"
    double alpha = 0;
    double scaling = 1;
    double dropoutProbability = 0;
    double strength = 1; ///< 0 switches the adapter off: the base model's results, bit for bit
};

} // namespace lora
