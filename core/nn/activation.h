#pragma once

#include "core/math/elementwise.h"

#include <cmath>
#include <optional>
#include <string_view>

namespace lora {

/// The non-linearity of a feed-forward layer; names as in config.json's hidden_act.
enum class Activation {
    Gelu,     ///< "gelu": with the exact erf
    GeluTanh, ///< "gelu_new", "gelu_pytorch_tanh": the approximation with tanh
    Relu,     ///< "relu"
    Tanh,     ///< "tanh"
    Silu      ///< "silu", "swish": only as the gate of a feed-forward layer
};

inline std::optional<Activation> activationFromString(std::string_view name)
{
    if (name == "gelu")
        return Activation::Gelu;
    if (name == "gelu_new" || name == "gelu_pytorch_tanh")
        return Activation::GeluTanh;
    if (name == "relu")
        return Activation::Relu;
    if (name == "tanh")
        return Activation::Tanh;
    if (name == "silu" || name == "swish")
        return Activation::Silu;
    return std::nullopt;
}

/// y = f(x); y may be x, but backward then wants what it was.
template <class T>
void activate(Activation activation, ConstMatrix<T> x, Matrix<T> y)
{
    switch (activation) {
    case Activation::Gelu:
        return gelu<T>(x, y);
    case Activation::GeluTanh:
        return geluTanh<T>(x, y);
    case Activation::Relu:
        return relu<T>(x, y);
    case Activation::Tanh:
        return tanhForward<T>(x, y);
    case Activation::Silu:
        break;
    }
    LORA_ASSERT(!"silu stands in gated layers alone");
}

/// dx = dy · f'(x); dx may be dy.
template <class T>
void activateBackward(Activation activation, ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx)
{
    switch (activation) {
    case Activation::Gelu:
        return geluBackward<T>(x, dy, dx);
    case Activation::GeluTanh:
        return geluTanhBackward<T>(x, dy, dx);
    case Activation::Relu:
        return reluBackward<T>(x, dy, dx);
    case Activation::Tanh:
        for (std::int64_t r = 0; r < x.rows; ++r)
            for (std::int64_t c = 0; c < x.cols; ++c) {
                const T y = std::tanh(x(r, c));
                dx(r, c) = dy(r, c) * (1 - y * y);
            }
        return;
    case Activation::Silu:
        break;
    }
    LORA_ASSERT(!"silu stands in gated layers alone");
}

} // namespace lora
