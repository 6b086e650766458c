#include "core/analysis/low_rank.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/math/gemm.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace lora {

namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMatrix toDouble(ConstMatrix<float> matrix, const std::string& name)
{
    RowMatrix copy(matrix.rows, matrix.cols);
    for (std::int64_t r = 0; r < matrix.rows; ++r)
        for (std::int64_t c = 0; c < matrix.cols; ++c)
            copy(r, c) = static_cast<double>(matrix(r, c));
    if (!copy.allFinite())
        throw Error(ErrorKind::BadInput, fmt::format("{}: a weight is not a finite number", name),
                    "The training diverged or the file is damaged; nothing can be said about such weights.");
    return copy;
}

Matrix<double> view(RowMatrix& matrix)
{
    return {matrix.data(), matrix.rows(), matrix.cols()};
}

ConstMatrix<double> view(const RowMatrix& matrix)
{
    return {matrix.data(), matrix.rows(), matrix.cols()};
}

/// op(a) op(b) by BLAS.
RowMatrix product(Transpose transposeA, const RowMatrix& a, Transpose transposeB, const RowMatrix& b)
{
    RowMatrix c(transposeA == Transpose::Yes ? a.cols() : a.rows(),
                transposeB == Transpose::Yes ? b.rows() : b.cols());
    if (a.size() > 0 && b.size() > 0)
        gemm<double>(transposeA, transposeB, 1, view(a), view(b), 0, view(c));
    else
        c.setZero();
    return c;
}

std::vector<double> valuesOf(const RowMatrix& matrix)
{
    return {matrix.data(), matrix.data() + matrix.size()};
}

struct ThinQr
{
    RowMatrix q;
    RowMatrix r;
};

ThinQr thinQr(const RowMatrix& matrix)
{
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix);
    const Eigen::Index columns = std::min(matrix.rows(), matrix.cols());
    ThinQr thin;
    thin.q = qr.householderQ() * Eigen::MatrixXd::Identity(matrix.rows(), columns);
    thin.r = qr.matrixQR().topRows(columns).triangularView<Eigen::Upper>();
    return thin;
}

LowRankSvd svdOfFactors(const RowMatrix& b, const RowMatrix& a, double scaling)
{
    const ThinQr output = thinQr(b);
    const ThinQr input = thinQr(a.transpose());
    const Eigen::MatrixXd core = scaling * product(Transpose::No, output.r, Transpose::Yes, input.r);
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(core, Eigen::ComputeThinU | Eigen::ComputeThinV);
    LowRankSvd result;
    result.out = b.rows();
    result.in = a.cols();
    const Eigen::VectorXd& sigma = svd.singularValues();
    result.values.assign(sigma.data(), sigma.data() + sigma.size());
    result.left = valuesOf(product(Transpose::No, output.q, Transpose::No, svd.matrixU()));
    result.right = valuesOf(product(Transpose::Yes, svd.matrixV(), Transpose::Yes, input.q));
    result.norm = sigma.norm();
    return result;
}

/// MᵀM or MMᵀ, whichever is smaller.
RowMatrix gramOf(const RowMatrix& matrix)
{
    const bool isWide = matrix.cols() > matrix.rows();
    return isWide ? product(Transpose::No, matrix, Transpose::Yes, matrix)
                  : product(Transpose::Yes, matrix, Transpose::No, matrix);
}

/// Eigenvectors of the Gram matrix are the directions of the shorter side; the matrix carries them to the
/// other, and the lengths they get are the singular values.
LowRankSvd exactSvd(const RowMatrix& matrix, std::int64_t count)
{
    const bool isWide = matrix.cols() > matrix.rows();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gramOf(matrix));
    const Eigen::Index side = std::min(matrix.rows(), matrix.cols());
    const auto kept = static_cast<Eigen::Index>(std::min<std::int64_t>(count, side));
    const RowMatrix own = solver.eigenvectors().rightCols(kept).rowwise().reverse();
    RowMatrix other = product(isWide ? Transpose::Yes : Transpose::No, matrix, Transpose::No, own);
    LowRankSvd result;
    result.out = matrix.rows();
    result.in = matrix.cols();
    for (Eigen::Index i = 0; i < kept; ++i) {
        const double length = other.col(i).norm();
        result.values.push_back(length);
        if (length > 0)
            other.col(i) /= length;
    }
    // Rounding may swap values near zero: equal for every use, but the order is promised.
    std::ranges::sort(result.values, std::greater<>());
    const RowMatrix& left = isWide ? own : other;
    const RowMatrix right = (isWide ? other : own).transpose();
    result.left = valuesOf(left);
    result.right = valuesOf(right);
    result.norm = matrix.norm();
    result.isComplete = kept == side;
    return result;
}

/// Q spans nearly what the leading directions of the output span.
RowMatrix leadingSpace(const RowMatrix& matrix, std::int64_t columns)
{
    constexpr int passes = 4;
    RowMatrix start(matrix.cols(), columns);
    Rng rng(1, "subspace");
    for (Eigen::Index i = 0; i < start.size(); ++i)
        start.data()[i] = rng.normal();
    RowMatrix q = thinQr(product(Transpose::No, matrix, Transpose::No, start)).q;
    for (int pass = 0; pass < passes; ++pass) {
        const RowMatrix back = thinQr(product(Transpose::Yes, matrix, Transpose::No, q)).q;
        q = thinQr(product(Transpose::No, matrix, Transpose::No, back)).q;
    }
    return q;
}

LowRankSvd randomizedSvd(const RowMatrix& matrix, std::int64_t count)
{
    constexpr std::int64_t oversampling = 10;
    const RowMatrix q = leadingSpace(matrix, count + oversampling);
    LowRankSvd svd = svdOfFactors(q, product(Transpose::Yes, q, Transpose::No, matrix), 1);
    svd.norm = matrix.norm();
    svd.isComplete = false;
    return svd;
}

} // namespace

LowRankSvd svdOfProduct(ConstMatrix<float> b, ConstMatrix<float> a, double scaling, const std::string& name)
{
    if (a.rows != b.cols || a.rows == 0)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: lora_A has {} rows, lora_B has {} columns; both are the rank", name,
                                a.rows, b.cols),
                    "The adapter's file is damaged.");
    return svdOfFactors(toDouble(b, name), toDouble(a, name), scaling);
}

LowRankSvd svdOfDense(ConstMatrix<float> matrix, std::int64_t count, const std::string& name)
{
    const std::int64_t side = std::min(matrix.rows, matrix.cols);
    const RowMatrix values = toDouble(matrix, name);
    return side > exactSide && count <= side / 4 ? randomizedSvd(values, count) : exactSvd(values, count);
}

std::vector<double> singularValuesOf(ConstMatrix<float> matrix, const std::string& name)
{
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gramOf(toDouble(matrix, name)),
                                                                Eigen::EigenvaluesOnly);
    std::vector<double> values;
    for (Eigen::Index i = solver.eigenvalues().size(); i-- > 0;)
        values.push_back(std::sqrt(std::max(0.0, solver.eigenvalues()[i])));
    return values;
}

LowRankFactors truncated(const LowRankSvd& svd, std::int64_t rank, double scaling)
{
    if (rank < 1)
        throw Error(ErrorKind::BadUsage, fmt::format("a rank of {} is no adapter", rank),
                    "The least rank is 1.");
    if (!(scaling > 0) || !std::isfinite(scaling))
        throw Error(ErrorKind::BadInput,
                    fmt::format("an adapter's scaling is {}; it must be above 0", scaling),
                    "Check lora_alpha.");
    LowRankFactors factors{rank, std::vector<float>(static_cast<std::size_t>(rank * svd.in)),
                           std::vector<float>(static_cast<std::size_t>(svd.out * rank))};
    const std::int64_t size = svd.size();
    for (std::int64_t i = 0; i < std::min(rank, size); ++i) {
        const double share = std::sqrt(svd.values[static_cast<std::size_t>(i)] / scaling);
        for (std::int64_t c = 0; c < svd.in; ++c)
            factors.a[static_cast<std::size_t>(i * svd.in + c)] =
                static_cast<float>(share * svd.right[static_cast<std::size_t>(i * svd.in + c)]);
        for (std::int64_t r = 0; r < svd.out; ++r)
            factors.b[static_cast<std::size_t>(r * rank + i)] =
                static_cast<float>(share * svd.left[static_cast<std::size_t>(r * size + i)]);
    }
    return factors;
}

double truncationError(std::span<const double> singularValues, std::int64_t rank)
{
    double tail = 0;
    double total = 0;
    for (std::size_t i = singularValues.size(); i-- > 0;) { // small ones first
        total += singularValues[i] * singularValues[i];
        if (static_cast<std::int64_t>(i) >= rank)
            tail = total;
    }
    return total > 0 ? std::sqrt(tail / total) : 0;
}

double truncationError(const LowRankSvd& svd, std::int64_t rank)
{
    if (svd.isComplete)
        return truncationError(svd.values, rank);
    double kept = 0;
    for (std::size_t i = 0; i < svd.values.size() && static_cast<std::int64_t>(i) < rank; ++i)
        kept += svd.values[i] * svd.values[i];
    const double total = svd.norm * svd.norm;
    return total > 0 ? std::sqrt(std::max(0.0, total - kept) / total) : 0;
}

} // namespace lora
