// The products and one-pass kernels of a training step, one by one, on one thread: each worker of a step runs
// them so. Options are Google Benchmark's, for example --benchmark_filter=gemm.
#include "core/base/rng.h"
#include "core/math/elementwise.h"
#include "core/math/gemm.h"
#include "core/math/norm_kernels.h"
#include "tests/benchmarks/gemm_limit.h"

#include <benchmark/benchmark.h>

namespace lora::bench {

namespace {

/// A matrix that owns its numbers; random, so that no kernel meets a special value.
class Numbers
{
public:
    Numbers(std::int64_t rows, std::int64_t cols)
        : m_values(static_cast<std::size_t>(rows * cols))
        , m_rows(rows)
        , m_cols(cols)
    {
        Rng rng(1, "kernel benchmark");
        for (float& value : m_values)
            value = static_cast<float>(rng.uniform(-1, 1));
    }

    Matrix<float> matrix() { return {m_values.data(), m_rows, m_cols}; }
    float* data() { return m_values.data(); }
    std::span<float> all() { return m_values; }

private:
    std::vector<float> m_values;
    std::int64_t m_rows, m_cols;
};

struct Product
{
    std::string name;
    Transpose transposeA, transposeB;
    std::int64_t m, n, k;
    std::int64_t stride = 0; ///< of A and B, above their width: heads lying side by side
    float beta = 0;
};

void runProduct(benchmark::State& state, const Product& product)
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
    for ([[maybe_unused]] auto _ : state) {
        gemm<float>(product.transposeA, product.transposeB, 1, aView, bView, product.beta, c.matrix());
        benchmark::ClobberMemory();
    }
    const double flops = 2.0 * static_cast<double>(product.m * product.n * product.k);
    state.counters["GFLOP/s"] =
        benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void addProduct(const Product& product)
{
    const std::string name = fmt::format("gemm/{}/{}x{}x{}", product.name, product.m, product.n, product.k);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [product](benchmark::State& state) { runProduct(state, product); });
}

/// A linear module's three products over the tokens of one worker.
void addLinear(const std::string& name, std::int64_t tokens, std::int64_t in, std::int64_t out)
{
    addProduct({name + "/forward", Transpose::No, Transpose::Yes, tokens, out, in});
    addProduct({name + "/dX", Transpose::No, Transpose::No, tokens, in, out});
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

/// `touched`: numbers a perfect kernel reads and writes, for the memory traffic it reaches.
void addKernel(const std::string& name, std::int64_t touched, const std::function<void()>& kernel)
{
    benchmark::RegisterBenchmark(("kernel/" + name).c_str(), [=](benchmark::State& state) {
        for ([[maybe_unused]] auto _ : state) {
            kernel();
            benchmark::ClobberMemory();
        }
        state.SetBytesProcessed(state.iterations() * touched * static_cast<std::int64_t>(sizeof(float)));
    });
}

/// Activations of one worker's tokens, alive as long as the kernels registered with them.
struct Activations
{
    Numbers x, y, z, w;

    Activations(std::int64_t rows, std::int64_t cols)
        : x(rows, cols)
        , y(rows, cols)
        , z(rows, cols)
        , w(rows, cols)
    {}
};

void addActivations()
{
    constexpr std::int64_t rows = 256, cols = 3072, size = rows * cols;
    const auto of = std::make_shared<Activations>(rows, cols);
    addKernel("addBias", 2 * size, [of] { addBias<float>(of->x.matrix(), of->w.data()); });
    addKernel("addColumnSums", size, [of] { addColumnSums<float>(of->x.matrix(), of->w.data()); });
    addKernel("gelu", 2 * size, [of] { gelu<float>(of->z.matrix(), of->y.matrix()); });
    const auto zeros = std::make_shared<std::vector<float>>(static_cast<std::size_t>(cols));
    addKernel("geluBackward", 3 * size,
              [of] { geluBackward<float>(of->z.matrix(), of->w.matrix(), of->y.matrix()); });
    addKernel("geluTanh", 2 * size, [of] { geluTanh<float>(of->z.matrix(), of->y.matrix()); });
    addKernel("geluTanhBackward", 3 * size,
              [of] { geluTanhBackward<float>(of->z.matrix(), of->w.matrix(), of->y.matrix()); });
    addKernel("siluMultiply", 3 * size,
              [of] { siluMultiply<float>(of->z.matrix(), of->w.matrix(), of->y.matrix()); });
    const auto more = std::make_shared<Activations>(rows, cols);
    addKernel("siluMultiplyBackward", 5 * size, [of, more] {
        siluMultiplyBackward<float>(more->x.matrix(), more->y.matrix(), more->z.matrix(), more->w.matrix(),
                                    of->y.matrix());
    });
    addKernel("dropout", 2 * size, [of] { dropout<float>(of->z.matrix(), 0.1, 7, of->y.matrix()); });
}

void addNorms()
{
    constexpr std::int64_t rows = 1024, cols = 768, size = rows * cols;
    const auto of = std::make_shared<Activations>(rows, cols);
    const auto gains = std::make_shared<Activations>(1, cols);
    const auto stats = std::make_shared<Activations>(1, rows);
    addKernel("layerNorm", 2 * size, [=] {
        layerNormRows<float>(of->x.matrix(), gains->x.data(), gains->y.data(), 1e-5f, of->y.matrix(),
                             stats->x.data(), stats->y.data());
    });
    addKernel("layerNormBackward", 3 * size, [=] {
        layerNormRowsBackward<float>(of->x.matrix(), gains->x.data(), stats->x.data(), stats->y.data(),
                                     of->z.matrix(), of->w.matrix(), nullptr, nullptr);
    });
    addKernel("layerNormBackwardTrained", 3 * size, [=] {
        layerNormRowsBackward<float>(of->x.matrix(), gains->x.data(), stats->x.data(), stats->y.data(),
                                     of->z.matrix(), of->w.matrix(), gains->z.data(), gains->w.data());
    });
    addKernel("rmsNorm", 2 * size, [=] {
        rmsNormRows<float>(of->x.matrix(), gains->x.data(), 1e-5f, of->y.matrix(), stats->z.data());
    });
    addKernel("rmsNormBackward", 3 * size, [=] {
        rmsNormRowsBackward<float>(of->x.matrix(), gains->x.data(), stats->z.data(), of->z.matrix(),
                                   of->w.matrix(), nullptr);
    });
}

void addSoftmax()
{
    for (const std::int64_t length : {16, 128, 512}) {
        const auto of = std::make_shared<Activations>(length, length);
        const std::int64_t size = length * length;
        addKernel(fmt::format("softmax/{}", length), 2 * size,
                  [of] { softmaxRows<float>(of->x.matrix(), 0.125f); });
        addKernel(fmt::format("softmaxCausal/{}", length), size,
                  [of] { softmaxCausalRows<float>(of->y.matrix(), 0.125f, 0, 0); });
        addKernel(fmt::format("softmaxBackward/{}", length), 3 * size,
                  [of] { softmaxRowsBackward<float>(of->z.matrix(), 0.125f, of->w.matrix()); });
    }
}

void addOptimizer()
{
    constexpr std::int64_t size = 1 << 20;
    const auto of = std::make_shared<Activations>(1, size);
    for (float& moment : of->z.all())
        moment = std::abs(moment);
    const AdamWStep step{
        .learningRate = 1e-4, .weightDecay = 0.01, .biasCorrection1 = 0.1, .biasCorrection2 = 0.01};
    addKernel("adamW", 7 * size,
              [=] { adamWUpdate<float>(step, of->x.all(), of->y.all(), of->z.all(), of->w.all()); });
    addKernel("sumOfSquares", size, [of] { benchmark::DoNotOptimize(sumOfSquares<float>(of->x.all())); });
    addKernel("addScaled", 3 * size, [of] { addScaled<float>(1e-3f, of->x.matrix(), of->y.matrix()); });
}

void addLimit()
{
    using Measure = std::function<std::optional<double>(WorkerPool&)>;
    const auto add = [](const char* name, const Measure& measure) {
        benchmark::RegisterBenchmark(name, [measure](benchmark::State& state) {
            WorkerPool pool(0);
            std::optional<double> gflops;
            for ([[maybe_unused]] auto _ : state)
                gflops = measure(pool);
            if (!gflops)
                return state.SkipWithError("no bfloat16 products here");
            state.counters["GFLOP/s"] = *gflops;
        })->Iterations(1);
    };
    add("limit/float32 (every processor)", &gemmLimitFloat32);
    add("limit/bfloat16 (every processor)", &gemmLimitBfloat16);
}

} // namespace

} // namespace lora::bench

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    lora::useSingleThreadedBlas();
    lora::bench::addLimit();
    lora::bench::addProducts();
    lora::bench::addActivations();
    lora::bench::addNorms();
    lora::bench::addSoftmax();
    lora::bench::addOptimizer();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
