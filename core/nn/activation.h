#pragma once

#include "core/math/elementwise.h"

#include <optional>
#include <string_view>

namespace lora {

/// The non-linearity of a feed-forward layer; names as in config.json's hidden_act.
enum class Activation {
    Gelu, ///< "gelu": with the exact erf
    Relu  ///< "relu"
};

inline std::optional<Activation> activationFromString(std::string_view name)
{
    if (name == "gelu")
        return Activation::Gelu;
    if (name == "relu")
        return Activation::Relu;
    return std::nullopt;
}

/// y = f(x)
template <class T>
void activate(Activation activation, ConstMatrix<T> x, Matrix<T> y)
{
    if (activation == Activation::Gelu)
        gelu<T>(x, y);
    else
        relu<T>(x, y);
}

/// dx = dy · f'(x); dx may be dy.
template <class T>
void activateBackward(Activation activation, ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx)
{
    if (activation == Activation::Gelu)
        geluBackward<T>(x, dy, dx);
    else
        reluBackward<T>(x, dy, dx);
}

} // namespace lora
