#pragma once

#include "core/nn/parameter.h"
#include "core/nn/pass_context.h"

#include <string>

namespace lora {

enum class NormKind {
    Layer, ///< centred and scaled, with gain and bias (Ba et al., arXiv:1607.06450)
    Rms    ///< scaled only, with gain (Zhang & Sennrich, arXiv:1910.07467)
};

/// Normalisation over features; x and y [n, features].
template <class T>
class Norm
{
public:
    struct Saved
    {
        ConstMatrix<T> x;
        T* mean = nullptr; ///< [n]; layer normalisation only
        T* rstd = nullptr; ///< [n]
    };

    Norm() = default; ///< does not exist
    Norm(const std::string& moduleName, std::int64_t features, double epsilon,
         NormKind kind = NormKind::Layer);

    bool exists() const { return weight.exists(); }
    bool isTrainable() const { return weight.isTrainable() || bias.isTrainable(); }
    /// Overwrites y. When `saved` is given, x must stay alive until backward (and so y must not be x).
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// dy becomes the gradient of the input, in place.
    void backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy) const;

    Parameter<T> weight; ///< gain, [features]
    Parameter<T> bias;   ///< [features]; does not exist in RMS normalisation

private:
    T m_epsilon = 0;
};

/// Calls visit for the gain and, if there is one, the bias.
template <class T, class Visit>
void visitNormParameters(Norm<T>& norm, const Visit& visit)
{
    visit(norm.weight);
    if (norm.bias.exists())
        visit(norm.bias);
}

} // namespace lora
