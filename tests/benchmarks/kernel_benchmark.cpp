// The products and one-pass kernels of a training step, one by one, on one thread: each worker of a step runs
// them so. Options are Google Benchmark's, for example --benchmark_filter=gemm.
#include "core/math/gemm.h"
#include "tests/benchmarks/gemm_limit.h"
#include "tests/benchmarks/kernel_benchmarks.h"

#include <benchmark/benchmark.h>

namespace lora::bench {

namespace {

void addLimit()
{
    using Measure = std::function<GemmLimit(WorkerPool&)>;
    const auto add = [](const char* name, const Measure& measure) {
        benchmark::RegisterBenchmark(name, [measure](benchmark::State& state) {
            WorkerPool pool(0);
            GemmLimit limit;
            for ([[maybe_unused]] auto _ : state)
                limit = measure(pool);
            if (!limit.best())
                return state.SkipWithError("no bfloat16 products here");
            state.counters["GFLOP/s"] = *limit.best();
            state.counters["own"] = *limit.own;
            if (limit.library)
                state.counters["library"] = *limit.library;
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
    lora::bench::addOnePassKernels();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
