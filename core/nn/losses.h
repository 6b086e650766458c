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

/// How many rows have their largest logit at the label.
template <class T>
std::int64_t countCorrect(ConstMatrix<T> logits, std::span<const std::int32_t> labels);

/// Σ −(y log σ(x) + (1 − y) log(1 − σ(x))) over the targets y in [0, 1] that are not NaN; logits and targets
/// [n, labels]. The logits become (σ(x) − y) · scale, zero without a target.
template <class T>
double binaryCrossEntropyInPlace(Matrix<T> logits, std::span<const float> targets, T scale);

/// Σ (x − y)² over the targets that are not NaN; the values become 2 (x − y) · scale.
template <class T>
double squaredErrorInPlace(Matrix<T> values, std::span<const float> targets, T scale);

/// For each sequence the cross-entropy of a softmax over its tokens against a position in it, summed over the
/// labelled sequences; logits [tokens, 1] become their gradient times scale.
template <class T>
double positionCrossEntropyInPlace(Matrix<T> logits, std::span<const std::int32_t> offsets,
                                   std::span<const std::int32_t> positions, T scale);

} // namespace lora
