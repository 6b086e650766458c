#pragma once

#include "core/math/matrix.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// Singular value decomposition of an [out, in] matrix, or its leading part: σ descending, directions of the
/// output as columns of `left` [out, k], of the input as rows of `right` [k, in].
struct LowRankSvd
{
    std::int64_t out = 0;
    std::int64_t in = 0;
    std::vector<double> values; ///< [k]
    std::vector<double> left;   ///< [out, k] row by row
    std::vector<double> right;  ///< [k, in] row by row
    double norm = 0;            ///< Frobenius norm of the whole matrix
    bool isComplete = true;     ///< what `values` leaves out is zero

    std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
};

/// A pair as an adapter holds it: a [rank, in], b [out, rank].
struct LowRankFactors
{
    std::int64_t rank = 0;
    std::vector<float> a;
    std::vector<float> b;
};

/// SVD of s · B A; b [out, r], a [r, in]. The [out, in] product is never formed: QR of B and Aᵀ, then the SVD
/// of the small core. `name` is for messages. Throws lora::Error (BadInput) for numbers that are not finite.
LowRankSvd svdOfProduct(ConstMatrix<float> b, ConstMatrix<float> a, double scaling, const std::string& name);

/// The `count` largest singular values of a dense matrix with their directions. Up to `exactSide` on its
/// shorter side by eigenvectors of the Gram matrix in double: exact to about 1e-8 of the largest, less than
/// float weights carry. Above, where `count` is at most a quarter of that side, by subspace iteration (Halko,
/// Martinsson, Tropp, arXiv:0909.4061, algorithm 4.4 with four passes): never better than the exact
/// approximation, and its error is known exactly. Throws as above.
LowRankSvd svdOfDense(ConstMatrix<float> matrix, std::int64_t count, const std::string& name);
inline constexpr std::int64_t exactSide = 1024;

/// All singular values of a dense matrix, descending, without directions.
std::vector<double> singularValuesOf(ConstMatrix<float> matrix, const std::string& name);

/// The best approximation of rank `rank` (Eckart and Young 1936) as s · B A, σ shared equally by A and B.
/// Beyond the decomposition's size both are zero. `scaling` must be above 0.
LowRankFactors truncated(const LowRankSvd& svd, std::int64_t rank, double scaling);

/// ‖Δ − Δ_rank‖_F / ‖Δ‖_F; 0 for a matrix of zeros.
double truncationError(const LowRankSvd& svd, std::int64_t rank);
/// The same from all singular values alone.
double truncationError(std::span<const double> singularValues, std::int64_t rank);

} // namespace lora
