#include "core/math/gemm.h"
#include "tests/benchmarks/kernel_benchmarks.h"

#include <benchmark/benchmark.h>
#include <cblas.h>

namespace lora::bench {

namespace {

struct Product
{
    std::string name;
    Transpose transposeA, transposeB;
    std::int64_t m, n, k;
    std::int64_t stride = 0; ///< of A and B, above their width: heads lying side by side
    float beta = 0;
};

/// Who multiplies: the engine, OpenBLAS beside it, or the engine with the weight in bfloat16.
enum class By { Engine, Blas, Bfloat16 };

void callBlas(const Product& product, Matrix<float> a, Matrix<float> b, Matrix<float> c)
{
    const auto turned = [](Transpose transpose) {
        return transpose == Transpose::Yes ? CblasTrans : CblasNoTrans;
    };
    cblas_sgemm(CblasRowMajor, turned(product.transposeA), turned(product.transposeB),
                static_cast<int>(product.m), static_cast<int>(product.n), static_cast<int>(product.k), 1,
                a.data, static_cast<int>(a.stride), b.data, static_cast<int>(b.stride), product.beta, c.data,
                static_cast<int>(c.stride));
}

std::vector<BFloat16> rounded(std::span<const float> values)
{
    std::vector<BFloat16> all;
    std::transform(values.begin(), values.end(), std::back_inserter(all), &toBFloat16);
    return all;
}

std::function<void()> makeProduct(const Product& product, By by, Matrix<float> a, Numbers& b,
                                  Matrix<float> bView, Matrix<float> c)
{
    if (by == By::Engine)
        return [=] { gemm<float>(product.transposeA, product.transposeB, 1, a, bView, product.beta, c); };
    if (by == By::Blas)
        return [=] { callBlas(product, a, bView, c); };
    return [=, weights = rounded(b.all())] {
        const ConstMatrix<BFloat16> weight(weights.data(), bView.rows, bView.cols, bView.stride);
        if (product.transposeB == Transpose::Yes)
            multiplyByTransposed(a, weight, c);
        else
            multiply(a, weight, product.beta, c);
    };
}

void runProduct(benchmark::State& state, const Product& product, By by)
{
    const auto factor = [&](Transpose transpose, std::int64_t rows, std::int64_t cols) {
        const bool isTurned = transpose == Transpose::Yes;
        const std::int64_t width = isTurned ? rows : cols;
        return Numbers(isTurned ? cols : rows, std::max(width, product.stride));
    };
    Numbers a = factor(product.transposeA, product.m, product.k);
    Numbers b = factor(product.transposeB, product.k, product.n);
    Numbers c(product.m, product.n);
    const auto seen = [](Numbers& numbers, std::int64_t cols) { return numbers.matrix().colRange(0, cols); };
    const Matrix<float> aView = seen(a, product.transposeA == Transpose::Yes ? product.m : product.k);
    const Matrix<float> bView = seen(b, product.transposeB == Transpose::Yes ? product.k : product.n);
    const auto multiplyOnce = makeProduct(product, by, aView, b, bView, c.matrix());
    for ([[maybe_unused]] auto _ : state) {
        multiplyOnce();
        benchmark::ClobberMemory();
    }
    const double flops = 2.0 * static_cast<double>(product.m * product.n * product.k);
    state.counters["GFLOP/s"] =
        benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void addProduct(const Product& product, By by)
{
    const char* const who = by == By::Engine ? "gemm" : by == By::Blas ? "blas" : "bfloat16";
    const std::string name =
        fmt::format("{}/{}/{}x{}x{}", who, product.name, product.m, product.n, product.k);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](benchmark::State& state) { runProduct(state, product, by); });
}

void addProduct(const Product& product)
{
    addProduct(product, By::Engine);
    addProduct(product, By::Blas);
}

/// A linear module's three products over the tokens of one worker.
void addLinear(const std::string& name, std::int64_t tokens, std::int64_t in, std::int64_t out)
{
    const Product forward{name + "/forward", Transpose::No, Transpose::Yes, tokens, out, in};
    const Product backward{name + "/dX", Transpose::No, Transpose::No, tokens, in, out};
    for (const Product& product : {forward, backward}) {
        addProduct(product);
        if (hasBFloat16Products())
            addProduct(product, By::Bfloat16);
    }
    addProduct({name + "/dW", Transpose::Yes, Transpose::No, out, in, tokens, 0, 1});
}

/// An adapter's products: x Aᵀ and its Bᵀ forward, the same two backward, and both gradients.
void addAdapter(const std::string& name, std::int64_t tokens, std::int64_t in, std::int64_t out,
                std::int64_t r)
{
    addProduct({name + "/xA", Transpose::No, Transpose::Yes, tokens, r, in});
    addProduct({name + "/lowB", Transpose::No, Transpose::Yes, tokens, out, r, 0, 1});
    addProduct({name + "/dLow", Transpose::No, Transpose::No, tokens, r, out});
    addProduct({name + "/dX", Transpose::No, Transpose::No, tokens, in, r, 0, 1});
    addProduct({name + "/dA", Transpose::Yes, Transpose::No, r, in, tokens, 0, 1});
    addProduct({name + "/dB", Transpose::Yes, Transpose::No, out, r, tokens, 0, 1});
}

/// One head of one sequence inside matrices of all heads.
void addAttention(std::int64_t length, std::int64_t headDim, std::int64_t hidden)
{
    addProduct({"attention/scores", Transpose::No, Transpose::Yes, length, length, headDim, hidden});
    addProduct({"attention/dQuery", Transpose::No, Transpose::No, length, headDim, length, hidden, 1});
    addProduct({"attention/dValue", Transpose::Yes, Transpose::No, length, headDim, length, hidden, 1});
}

} // namespace

void addProducts()
{
    addLinear("base", 1024, 768, 768);
    addLinear("baseUp", 1024, 768, 3072);
    addLinear("baseDown", 1024, 3072, 768);
    addLinear("small", 1024, 256, 256);
    addLinear("smallUp", 1024, 256, 1024);
    addProduct({"vocabulary/logits", Transpose::No, Transpose::Yes, 256, 50257, 768});
    for (const std::int64_t r : {1, 4, 8, 16, 64})
        addAdapter("adapter", 1024, 768, 768, r);
    for (const std::int64_t length : {16, 64, 128, 256})
        addAttention(length, 64, 768);
}

} // namespace lora::bench
