#include "tests/benchmarks/gemm_limit.h"

#include "core/base/stopwatch.h"
#include "core/math/gemm.h"

#include <cblas.h>

#ifdef LORA_BENCHMARK_ONEDNN
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace lora::bench {

namespace {

constexpr std::array<std::int64_t, 3> sizes = {1024, 1536, 2048};
constexpr int rounds = 4;
constexpr double productFlopsPerRound = 1e10; ///< of one worker: about 0.1 s

/// GFLOP/s of all workers together, each doing `product()` of size³ again and again.
template <class MakeProduct>
double bestOf(WorkerPool& pool, MakeProduct makeProduct)
{
    double best = 0;
    for (const std::int64_t size : sizes) {
        const double flops = 2.0 * static_cast<double>(size * size * size);
        const int repeats = std::max(1, static_cast<int>(productFlopsPerRound / flops));
        std::vector<std::function<void()>> products(static_cast<std::size_t>(pool.size()));
        pool.run([&](int worker) {
            products[worker] = makeProduct(size);
            products[worker]();
        });
        for (int round = 0; round < rounds; ++round) {
            const Stopwatch watch;
            pool.run([&](int worker) {
                for (int i = 0; i < repeats; ++i)
                    products[worker]();
            });
            best = std::max(best, flops * repeats * pool.size() / watch.seconds() / 1e9);
        }
    }
    return best;
}

using SquareProduct = std::function<void(const float* a, const float* b, float* c, std::int64_t size)>;

double bestOfSquares(WorkerPool& pool, const SquareProduct& product)
{
    return bestOf(pool, [&](std::int64_t size) -> std::function<void()> {
        const auto count = static_cast<std::size_t>(size * size);
        const auto numbers = std::make_shared<std::vector<float>>(3 * count, 0.5f);
        return [numbers, count, size, product] {
            float* const a = numbers->data();
            product(a, a + count, a + 2 * count, size);
        };
    });
}

#ifdef LORA_BENCHMARK_ONEDNN
std::optional<double> oneDnnBfloat16(WorkerPool& pool)
{
    return bestOf(pool, [](std::int64_t size) -> std::function<void()> {
        using namespace dnnl;
        omp_set_num_threads(1); // of this worker
        const engine cpu(engine::kind::cpu, 0);
        const auto described = [&](memory::data_type type, memory::format_tag layout) {
            return memory::desc({size, size}, type, layout);
        };
        const auto a = described(memory::data_type::bf16, memory::format_tag::ab);
        // The weight in the layout oneDNN likes best, as frozen weights may be kept.
        const auto weight = described(memory::data_type::bf16, memory::format_tag::any);
        const auto c = described(memory::data_type::f32, memory::format_tag::ab);
        const matmul::primitive_desc description(matmul::desc(a, weight, c), cpu);
        const auto filled = [&](const memory::desc& desc) {
            memory made(desc, cpu);
            std::fill_n(static_cast<std::uint8_t*>(made.get_data_handle()), desc.get_size(),
                        std::uint8_t{0x3f});
            return made;
        };
        return [multiply = matmul(description), flow = std::make_shared<stream>(cpu),
                arguments =
                    std::unordered_map<int, memory>{{DNNL_ARG_SRC, filled(a)},
                                                    {DNNL_ARG_WEIGHTS, filled(description.weights_desc())},
                                                    {DNNL_ARG_DST, filled(c)}}] {
            multiply.execute(*flow, arguments);
            flow->wait();
        };
    });
}
#else
std::optional<double> oneDnnBfloat16(WorkerPool&)
{
    return std::nullopt;
}
#endif

} // namespace

GemmLimit gemmLimitFloat32(WorkerPool& pool)
{
    GemmLimit limit;
    limit.own = bestOfSquares(pool, [](const float* a, const float* b, float* c, std::int64_t n) {
        gemm<float>(Transpose::No, Transpose::Yes, 1, {a, n, n}, {b, n, n}, 0, {c, n, n});
    });
    useSingleThreadedBlas();
    limit.library = bestOfSquares(pool, [](const float* a, const float* b, float* c, std::int64_t size) {
        const int n = static_cast<int>(size);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, n, 1, a, n, b, n, 0, c, n);
    });
    return limit;
}

GemmLimit gemmLimitBfloat16(WorkerPool& pool)
{
    if (!hasBFloat16Products())
        return {};
    GemmLimit limit;
    limit.own = bestOfSquares(pool, [](const float* a, const float* b, float* c, std::int64_t n) {
        // Any bits will do for the weight: those of 0.5 in float are finite numbers in bfloat16 too.
        const auto* weight = reinterpret_cast<const BFloat16*>(b);
        multiplyByTransposed({a, n, n}, ConstMatrix<BFloat16>(weight, n, n), {c, n, n});
    });
    limit.library = oneDnnBfloat16(pool);
    return limit;
}

} // namespace lora::bench
