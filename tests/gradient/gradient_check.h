#pragma once

#include "core/nn/pass_context.h"
#include "tests/support/random_values.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace lora::test {

/// Compares `gradient` with central differences (of fourth order) of `loss` by every number of `value`: |a −
/// n| / (|a| + |n|) of the two vectors has to stay below 1e-6. Vectors shorter than 1e-3 (exact zeros, such
/// as a key's bias) are held to an absolute error of 1e-9 instead.
inline void expectGradient(const std::string& name, Matrix<double> value, ConstMatrix<double> gradient,
                           const std::function<double()>& loss)
{
    constexpr double h = 2e-5; // the fifth derivative of a sharp softmax is large
    ASSERT_FALSE(gradient.isEmpty()) << name;
    double difference = 0;
    double size = 0;
    for (std::int64_t r = 0; r < value.rows; ++r)
        for (std::int64_t c = 0; c < value.cols; ++c) {
            const double original = value(r, c);
            const auto lossAt = [&](double shift) {
                value(r, c) = original + shift;
                return loss();
            };
            const double near = lossAt(h) - lossAt(-h);
            const double far = lossAt(2 * h) - lossAt(-2 * h);
            const double numeric = (8 * near - far) / (12 * h);
            value(r, c) = original;
            difference += std::pow(numeric - gradient(r, c), 2);
            size += std::pow(std::abs(numeric) + std::abs(gradient(r, c)), 2);
        }
    EXPECT_LT(std::sqrt(difference) / std::max(std::sqrt(size), 1e-3), 1e-6) << name;
}

} // namespace lora::test
