#pragma once

#include "core/math/gemm.h"
#include "core/nn/parameter.h"

#include <type_traits>

namespace lora {

/// y = x Wᵀ + bias, in the numbers the weight has for products.
template <class T>
void multiplyForward(ConstMatrix<T> x, const Parameter<T>& w, Matrix<T> y, const T* bias)
{
    if constexpr (std::is_same_v<T, float>)
        if (w.isBFloat16())
            return multiplyByTransposed(x, w.halves(), y, bias);
    multiplyByTransposed<T>(x, w.value(), y, bias);
}

/// dx = dy W + keep · dx.
template <class T>
void multiplyBackward(ConstMatrix<T> dy, const Parameter<T>& w, T keep, Matrix<T> dx)
{
    if constexpr (std::is_same_v<T, float>)
        if (w.isBFloat16())
            return multiply(dy, w.halves(), keep, dx);
    gemm<T>(Transpose::No, Transpose::No, T(1), dy, w.value(), keep, dx);
}

} // namespace lora
