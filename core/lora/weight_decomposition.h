#pragma once

#include "core/nn/linear.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lora {

/// n of "pissa_niter_<n>", 0 for "pissa"; none for anything else, or when n is no number from 1 to 1000.
std::optional<int> pissaIterations(const std::string& initLoraWeights);

/// Starts an adapter with what matters in the weight W [out, in] itself, as PEFT does, and leaves the weight
/// the rest, W − s B A (in numbers of its own):
///   "pissa" (Meng et al., arXiv:2404.02948): B A holds the top r singular triplets, B = U √(Σ/s),
///   A = √(Σ/s) Vᵀ, from the eigenvectors of the smaller of W Wᵀ and Wᵀ W, in double: what is left is as
///   small as rank r allows; "pissa_niter_<n>": the same by subspace iteration from a random start named
///   after `seed` and the module, for large weights; "olora" (Büyükakyüz, arXiv:2406.01775): B = Q, A = R,
///   the first r columns and rows of W = Q R.
/// The same weight gives the same bits, so a resumed run finds the same start. Throws lora::Error (BadUsage)
/// when r exceeds W's smaller side.
template <class T>
void takeOutOfWeight(Linear<T>& linear, const std::string& initLoraWeights, std::uint64_t seed);

} // namespace lora
