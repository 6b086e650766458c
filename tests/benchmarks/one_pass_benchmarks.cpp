#include "core/math/elementwise.h"
#include "core/math/norm_kernels.h"
#include "tests/benchmarks/kernel_benchmarks.h"

#include <benchmark/benchmark.h>

namespace lora::bench {

namespace {

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

} // namespace

void addOnePassKernels()
{
    addActivations();
    addNorms();
    addSoftmax();
    addOptimizer();
}

} // namespace lora::bench
