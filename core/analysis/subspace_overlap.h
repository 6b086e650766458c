#pragma once

#include "core/analysis/low_rank.h"
#include "core/models/language_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lora {

/// Which directions are compared: those the update reads from (right singular vectors, as section 7.2 of
/// arXiv:2106.09685 does), or those it writes to (left, its appendix).
enum class DirectionSide { Input, Output };

/// φ(i, j) = ‖U₁ᵀU₂‖_F² / min(i, j) of the i and j leading singular directions: 0 when the spaces are
/// orthogonal, 1 when one holds the other. Directions are those of the update s · B A, not of A alone: two
/// runs of one seed start from the same A, so that theirs would agree before anything was learned. `i`, `j`
/// at least 1 and at most the decompositions' sizes.
double subspaceOverlap(const LowRankSvd& first, const LowRankSvd& second, std::int64_t i, std::int64_t j,
                       DirectionSide side);

/// What φ(i, j) is on average for random spaces in so many dimensions: max(i, j) / dimensions.
double expectedOverlap(std::int64_t i, std::int64_t j, std::int64_t dimensions);

/// φ of one module in two models, over i and j of `ranks`.
struct ModuleOverlap
{
    std::string module;
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::vector<std::int64_t> firstRanks; ///< powers of two and the rank itself
    std::vector<std::int64_t> secondRanks;
    std::vector<std::vector<double>> input; ///< [firstRanks][secondRanks]
    std::vector<std::vector<double>> output;
};

struct AdapterOverlap
{
    std::vector<ModuleOverlap> modules;   ///< adapted in both
    std::vector<std::string> onlyInFirst; ///< adapted in one alone
    std::vector<std::string> onlyInSecond;
};

/// Throws lora::Error (BadInput): modules of different shape, weights that are not finite; (BadUsage): no
/// module is adapted in both.
AdapterOverlap adapterOverlap(LanguageModel<float>& first, LanguageModel<float>& second);

/// 1, 2, 4, … below `rank`, and `rank`.
std::vector<std::int64_t> powersOfTwoUpTo(std::int64_t rank);

} // namespace lora
