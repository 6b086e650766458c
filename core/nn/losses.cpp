#include "core/nn/losses.h"

#include "core/math/elementwise.h"

#include <cmath>
#include <vector>

namespace lora {

namespace {

constexpr std::int32_t ignored = -100;

/// log Σ exp(row), computed around the largest entry.
template <class T>
double logSumExp(const T* row, std::int64_t n)
{
    T largest = row[0];
    for (std::int64_t c = 1; c < n; ++c)
        largest = std::max(largest, row[c]);
    double sum = 0;
    for (std::int64_t c = 0; c < n; ++c)
        sum += std::exp(static_cast<double>(row[c] - largest));
    return static_cast<double>(largest) + std::log(sum);
}

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
        // With p = softmax: −log p[label] = (largest − target) + log Σ exp(x − largest), and 1/Σ is p at the
        // largest.
        const T largest = *std::max_element(row.data, row.data + row.cols);
        const auto position = std::max_element(row.data, row.data + row.cols) - row.data;
        softmaxRows<T>(row, T(1));
        total += static_cast<double>(largest - target) - std::log(static_cast<double>(row(0, position)));
        row(0, label) -= T(1);
        for (std::int64_t c = 0; c < row.cols; ++c)
            row.data[c] *= scale;
    }
    return total;
}

template <class T>
double crossEntropySum(ConstMatrix<T> logits, std::span<const std::int32_t> labels)
{
    double total = 0;
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        const std::int32_t label = labels[static_cast<std::size_t>(r)];
        if (label != ignored)
            total += logSumExp(logits.row(r), logits.cols) - static_cast<double>(logits(r, label));
    }
    return total;
}

template <class T>
std::int64_t countCorrect(ConstMatrix<T> logits, std::span<const std::int32_t> labels)
{
    std::int64_t correct = 0;
    for (std::int64_t r = 0; r < logits.rows; ++r) {
        const T* row = logits.row(r);
        correct += std::max_element(row, row + logits.cols) - row == labels[static_cast<std::size_t>(r)];
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
