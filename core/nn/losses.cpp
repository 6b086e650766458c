#include "core/nn/losses.h"

#include "core/math/elementwise.h"

#include <cmath>

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

template double crossEntropyInPlace<float>(Matrix<float>, std::span<const std::int32_t>, float);
template double crossEntropyInPlace<double>(Matrix<double>, std::span<const std::int32_t>, double);
template double crossEntropySum<float>(ConstMatrix<float>, std::span<const std::int32_t>);
template double crossEntropySum<double>(ConstMatrix<double>, std::span<const std::int32_t>);

} // namespace lora
