#pragma once

#include "core/nn/parameter.h"
#include "core/nn/pass_context.h"

#include <optional>
#include <string>
#include <vector>

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
        ConstMatrix<T> x; ///< [n, in], after dropout; empty while A is frozen
        Matrix<T> low;    ///< x Aᵀ, [n, r]
        std::uint64_t dropoutKey = 0;
        bool isReserved = false; ///< `low` has its place already
    };

    /// The pair before the first step, where it came out of the weight itself (PiSSA, OLoRA): the frozen
    /// weight is what is left without it, W − s B₀ A₀.
    struct Start
    {
        std::vector<T> a, b;
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
    /// dropout(x) with the masks of `key`; x itself while dropout is off (key 0).
    ConstMatrix<T> dropped(PassContext<T>& context, ConstMatrix<T> x, std::uint64_t& key) const;
    /// y += s · x Aᵀ Bᵀ for an x after dropout; `low` [n, r].
    void addProduct(ConstMatrix<T> x, Matrix<T> low, Matrix<T> y) const;
    /// The gradients of A and B, and dlow [n, r].
    void addGradients(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dlow) const;
    /// Gives what forward keeps its place ahead of an input that is not to be kept.
    void reserve(PassContext<T>& context, std::int64_t rows, Saved& saved) const;
    /// s · B A, [out, in], into `delta`.
    void writeDelta(Matrix<T> delta) const;
    ConstMatrix<T> startA() const { return {start->a.data(), a.value().rows, a.value().cols}; }
    ConstMatrix<T> startB() const { return {start->b.data(), b.value().rows, b.value().cols}; }

    Parameter<T> a; ///< "<module>.lora_A.weight"
    Parameter<T> b; ///< "<module>.lora_B.weight"
    double alpha = 0;
    double scaling = 1;
    double dropoutProbability = 0;
    double strength = 1; ///< 0 switches the adapter off: the base model's results, bit for bit
    std::optional<Start> start;

private:
    void addStart(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y) const;
};

} // namespace lora
