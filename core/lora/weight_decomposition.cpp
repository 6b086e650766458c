#include "core/lora/weight_decomposition.h"

#include "core/base/error.h"
#include "core/base/rng.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <charconv>

namespace lora {

namespace {

using Dense = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// W ≈ left [out, r] · right [r, in].
struct Factors
{
    Dense left, right;
};

Dense orthonormalColumns(const Dense& matrix)
{
    Eigen::HouseholderQR<Dense> qr(matrix);
    return qr.householderQ() * Dense::Identity(matrix.rows(), matrix.cols());
}

/// Top r left singular vectors of W [n, m], n ≤ m: eigenvectors of W Wᵀ, largest first.
Dense topVectors(const Dense& w, Eigen::Index r)
{
    Dense gram(w.rows(), w.rows());
    gram.noalias() = w * w.transpose();
    const Eigen::SelfAdjointEigenSolver<Dense> solver(gram);
    return solver.eigenvectors().rightCols(r).rowwise().reverse();
}

/// The same, approximately: W Wᵀ applied `iterations` times to a few random vectors more than wanted (Halko
/// et al., arXiv:0909.4061), as torch.svd_lowrank does.
Dense iteratedVectors(const Dense& w, Eigen::Index r, int iterations, Rng& rng)
{
    constexpr Eigen::Index extra = 6;
    Dense start(w.cols(), std::min(r + extra, w.rows()));
    for (Eigen::Index i = 0; i < start.size(); ++i)
        start.data()[i] = rng.normal();
    Dense q = orthonormalColumns(w * start);
    for (int i = 0; i < iterations; ++i)
        q = orthonormalColumns(w * orthonormalColumns(w.transpose() * q));
    const Dense projected = q.transpose() * w;
    return q * topVectors(projected, r);
}

/// Both factors weigh the same: √Σ to each.
Factors balanced(const Dense& vectors, const Dense& w)
{
    Factors factors{vectors, vectors.transpose() * w}; // U, Σ Vᵀ
    for (Eigen::Index k = 0; k < vectors.cols(); ++k) {
        const double singular = factors.right.row(k).norm();
        const double root = std::sqrt(singular);
        factors.left.col(k) *= root;
        factors.right.row(k) *= root > 0 ? 1 / root : 0;
    }
    return factors;
}

Factors principal(const Dense& w, Eigen::Index r, int iterations, Rng& rng)
{
    const auto vectors = [&](const Dense& wide) {
        return iterations > 0 ? iteratedVectors(wide, r, iterations, rng) : topVectors(wide, r);
    };
    if (w.rows() <= w.cols())
        return balanced(vectors(w), w);
    const Dense turned = w.transpose();
    const Factors factors = balanced(vectors(turned), turned);
    return {factors.right.transpose(), factors.left.transpose()};
}

/// The first r columns of Q depend on the first r columns of W alone, and R = Qᵀ W.
Factors orthogonal(const Dense& w, Eigen::Index r)
{
    Factors factors{orthonormalColumns(w.leftCols(r)), {}};
    factors.right = factors.left.transpose() * w;
    return factors;
}

template <class T>
std::vector<T> copyInto(const Dense& from, double factor, Matrix<T> to)
{
    for (std::int64_t i = 0; i < to.size(); ++i)
        to.data[i] = static_cast<T>(factor * from.data()[i]);
    return {to.data, to.data + to.size()};
}

} // namespace

std::optional<int> pissaIterations(const std::string& initLoraWeights)
{
    constexpr std::string_view prefix = "pissa_niter_";
    constexpr int most = 1000;
    if (initLoraWeights == "pissa")
        return 0;
    if (!initLoraWeights.starts_with(prefix))
        return std::nullopt;
    int iterations = 0;
    const char* end = initLoraWeights.data() + initLoraWeights.size();
    const auto parsed = std::from_chars(initLoraWeights.data() + prefix.size(), end, iterations);
    if (parsed.ec != std::errc() || parsed.ptr != end || iterations < 1 || iterations > most)
        return std::nullopt;
    return iterations;
}

template <class T>
void takeOutOfWeight(Linear<T>& linear, const std::string& initLoraWeights, std::uint64_t seed)
{
    LoraAdapter<T>& adapter = *linear.adapter;
    const Matrix<T> weight = linear.weight.mutableValue();
    const auto r = static_cast<Eigen::Index>(adapter.r());
    if (r > std::min(weight.rows, weight.cols))
        throw Error(ErrorKind::BadUsage,
                    fmt::format("method.init_lora_weights: \"{}\" cannot take rank {} out of {} [{}, {}]",
                                initLoraWeights, r, linear.name(), weight.rows, weight.cols),
                    "Choose a rank no larger than the smaller side.");
    Dense w(weight.rows, weight.cols);
    std::copy_n(weight.data, weight.size(), w.data());
    Rng rng(seed, "decompose:" + linear.name());
    const auto iterations = pissaIterations(initLoraWeights);
    const Factors factors = iterations ? principal(w, r, *iterations, rng) : orthogonal(w, r);
    // PiSSA shares the scaling out to both factors; OLoRA leaves Q and R as they are.
    const double share = iterations ? 1 / std::sqrt(adapter.scaling) : 1;
    adapter.start.emplace();
    adapter.start->a = copyInto<T>(factors.right, share, adapter.a.mutableValue());
    adapter.start->b = copyInto<T>(factors.left, share, adapter.b.mutableValue());
    // What the rounded factors hold is taken out, so that nothing is lost to their rounding.
    const Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> a(
        adapter.start->a.data(), r, w.cols());
    const Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> b(
        adapter.start->b.data(), w.rows(), r);
    w.noalias() -= adapter.scaling * (b.template cast<double>() * a.template cast<double>());
    for (std::int64_t i = 0; i < weight.size(); ++i)
        weight.data[i] = static_cast<T>(w.data()[i]);
}

template void takeOutOfWeight<float>(Linear<float>&, const std::string&, std::uint64_t);
template void takeOutOfWeight<double>(Linear<double>&, const std::string&, std::uint64_t);

} // namespace lora
