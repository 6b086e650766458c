// The machine's limit in matrix products, as one JSON object: what the speed of training steps is a share of.
#include "tests/benchmarks/gemm_limit.h"

#include <CLI/CLI.hpp>

int main(int argc, char** argv)
{
    int threads = 0;
    CLI::App app("Measures the most GFLOP/s matrix products reach on this machine.");
    app.add_option("--threads", threads, "0: one per processor")->check(CLI::Range(0, 4096));
    CLI11_PARSE(app, argc, argv);

    lora::WorkerPool pool(threads);
    const double float32 = lora::bench::gemmLimitFloat32(pool);
    const std::optional<double> bfloat16 = lora::bench::gemmLimitBfloat16(pool);
    nlohmann::ordered_json document{{"threads", pool.size()}, {"f32_gflop_s", std::round(float32 * 10) / 10}};
    document["bf16_gflop_s"] =
        bfloat16 ? nlohmann::ordered_json(std::round(*bfloat16 * 10) / 10) : nlohmann::ordered_json(nullptr);
    fmt::print("{}\n", document.dump());
    return 0;
}
