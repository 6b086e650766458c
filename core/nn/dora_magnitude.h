#pragma once

#include "core/nn/lora_adapter.h"

#include <vector>

namespace lora {

/// DoRA (Liu et al., arXiv:2402.09353): the rows of W + s B A keep their direction, their lengths are a
/// weight of their own. With m the magnitudes [out] and n the rows' L2 norms
///     y = m / n · (x Wᵀ + s x Aᵀ Bᵀ) + bias
/// n counts as a constant in backward, as in PEFT. It depends on weights alone, so it is computed once after
/// they change (`refresh`), not in every pass:
///     n_i² = ‖w_i‖² + 2 s b_i · (A w_i) + s² b_iᵀ (A Aᵀ) b_i
template <class T>
class DoraMagnitude
{
public:
    DoraMagnitude(const std::string& moduleName, std::int64_t out)
        : vector(moduleName + ".lora_magnitude_vector", {out})
    {}

    /// Computes n and m / n from the weights as they are. The adapter's strength t scales the update and
    /// draws the magnitudes to the base's norms: at 0 everything is the base's.
    void refresh(const Parameter<T>& weight, const LoraAdapter<T>& adapter);
    /// m = n of W alone: nothing changes before the first step.
    void setToNormsOf(const Parameter<T>& weight);
    /// m / n, [out].
    const std::vector<T>& factors() const { return m_factors; }

    /// y = m / n · u row by row, plus bias [out] unless null; y may be u.
    void scale(ConstMatrix<T> u, const T* bias, Matrix<T> y) const;
    /// y += m / n · u.
    void addScaled(ConstMatrix<T> u, Matrix<T> y) const;
    /// dm += Σ_rows dy · u / n.
    void addGradient(ConstMatrix<T> dy, ConstMatrix<T> u, GradientStore<T>& gradients) const;

    Parameter<T> vector; ///< "<module>.lora_magnitude_vector", m

private:
    void measure(const Parameter<T>& weight);

    std::vector<double> m_squares; ///< ‖w_i‖²
    std::vector<T> m_inverses;     ///< 1 / n
    std::vector<T> m_factors;
    bool m_isOfHalves = false; ///< what m_squares were computed of
};

} // namespace lora
