#pragma once

#include "core/nn/parameter.h"
#include "core/nn/pass_context.h"

#include <string>

namespace lora {

/// Layer normalisation over features (Ba et al., arXiv:1607.06450); x and y [n, features].
template <class T>
class LayerNorm
{
public:
    struct Saved
    {
        ConstMatrix<T> x;
        T* mean = nullptr; ///< [n]
        T* rstd = nullptr; ///< [n]
    };

    LayerNorm(const std::string& moduleName, std::int64_t features, double epsilon);

    bool isTrainable() const { return weight.isTrainable() || bias.isTrainable(); }
    /// Overwrites y. When `saved` is given, x must stay alive until backward (and so y must not be x).
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// dy becomes the gradient of the input, in place.
    void backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy) const;

    Parameter<T> weight; ///< gain, [features]
    Parameter<T> bias;   ///< [features]

private:
    T m_epsilon;
};

} // namespace lora
