#pragma once

#include "core/math/matrix.h"

#include <cstdint>
#include <span>

namespace lora {

/// Cross-entropy of softmax(logits) against class labels, summed over rows whose label is not ignoredLabel
/// (-100). `logits` [n, classes] become their own gradient in place: (softmax − onehot) · scale, zero in
/// ignored rows.
template <class T>
double crossEntropyInPlace(Matrix<T> logits, std::span<const std::int32_t> labels, T scale);

/// The same sum without touching the logits: evaluation.
template <class T>
double crossEntropySum(ConstMatrix<T> logits, std::span<const std::int32_t> labels);

} // namespace lora
