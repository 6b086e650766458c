#include "core/nn/losses.h"

#include "core/math/elementwise.h"

#include <cmath>
#include <vector>

namespace lora {

namespace {

constexpr std::int32_t ignored = -100;

} // namespace

template <class T>
double crossEntropyInPlace(Matrix<T> logits, std::span<const std::int32_t> labels, T scale)
{
    double total = 0;
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        Matrix<T> row = logits.rowRange(r, 1);
        const std::int32_t label = labels[static_cast<std::size_t>(r)];
        if (label == ignored) {
            std::fill_n(row.data, row.cols, T(0));
            continue;
        }
        LORA_ASSERT(label >= 0 && label < logits.cols);
        const T target = row(0, label);
        const LogSumExp parts = softmaxRow(row.data, row.cols, scale);
        total += (parts.largest - static_cast<double>(target)) + parts.rest;
        row(0, label) -= scale;
    }
    return total;
}

template <class T>
double crossEntropySum(ConstMatrix<T> logits, std::span<const std::int32_t> labels)
{
    double total = 0;
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        const std::int32_t label = labels[static_cast<std::size_t>(r)];
        if (label != ignored) {
            const LogSumExp parts = logSumExp(logits.row(r), logits.cols);
            total += (parts.largest - static_cast<double>(logits(r, label))) + parts.rest;
        }
    }
    return total;
}

template <class T>
std::int64_t countCorrect(ConstMatrix<T> logits, std::span<const std::int32_t> labels)
{
    std::int64_t correct = 0;
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        correct += indexOfLargest(logits.row(r), logits.cols) == labels[static_cast<std::size_t>(r)];
    }
    return correct;
}

template <class T>
double binaryCrossEntropyInPlace(Matrix<T> logits, std::span<const float> targets, T scale)
{
    double total = 0;
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        for (std::int64_t c = 0; c < logits.cols; ++c) {
            const float target = targets[static_cast<std::size_t>(r * logits.cols + c)];
            T& x = logits(r, c);
            if (std::isnan(target)) {
                x = T(0);
                continue;
            }
            const double value = static_cast<double>(x);
            // log(1 + exp(x)) − x y, without overflow for large |x|.
            total += std::max(value, 0.0) + std::log1p(std::exp(-std::abs(value))) -
                     value * static_cast<double>(target);
            x = static_cast<T>(1.0 / (1.0 + std::exp(-value)) - static_cast<double>(target)) * scale;
        }
    }
    return total;
}

template <class T>
double squaredErrorInPlace(Matrix<T> values, std::span<const float> targets, T scale)
{
    double total = 0;
    for (std::int64_t r = 0; r < values.rows; ++r) {
        for (std::int64_t c = 0; c < values.cols; ++c) {
            const float target = targets[static_cast<std::size_t>(r * values.cols + c)];
            T& x = values(r, c);
            const T difference = std::isnan(target) ? T(0) : x - static_cast<T>(target);
            total += static_cast<double>(difference) * static_cast<double>(difference);
            x = 2 * difference * scale;
        }
    }
    return total;
}

template <class T>
double positionCrossEntropyInPlace(Matrix<T> logits, std::span<const std::int32_t> offsets,
                                   std::span<const std::int32_t> positions, T scale)
{
    double total = 0;
    thread_local std::vector<T> row; // its storage is used again
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
        row.resize(static_cast<std::size_t>(offsets[s + 1] - offsets[s]));
        for (std::size_t i = 0; i < row.size(); ++i)
            row[i] = logits(offsets[s] + static_cast<std::int64_t>(i), 0);
        const std::span<const std::int32_t> label(&positions[s], 1);
        total += crossEntropyInPlace<T>(Matrix<T>(row.data(), 1, static_cast<std::int64_t>(row.size())),
                                        label, scale);
        for (std::size_t i = 0; i < row.size(); ++i)
            logits(offsets[s] + static_cast<std::int64_t>(i), 0) = row[i];
    }
    return total;
}

#define INSTANTIATE(T)                                                                                       \
    template std::int64_t countCorrect<T>(ConstMatrix<T>, std::span<const std::int32_t>);                    \
    template double binaryCrossEntropyInPlace<T>(Matrix<T>, std::span<const float>, T);                      \
    template double squaredErrorInPlace<T>(Matrix<T>, std::span<const float>, T);                            \
    template double positionCrossEntropyInPlace<T>(Matrix<T>, std::span<const std::int32_t>,                 \
                                                   std::span<const std::int32_t>, T);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

template double crossEntropyInPlace<float>(Matrix<float>, std::span<const std::int32_t>, float);
template double crossEntropyInPlace<double>(Matrix<double>, std::span<const std::int32_t>, double);
template double crossEntropySum<float>(ConstMatrix<float>, std::span<const std::int32_t>);
template double crossEntropySum<double>(ConstMatrix<double>, std::span<const std::int32_t>);

} // namespace lora
