// The machine's limit in matrix products, as one JSON object: what the speed of training steps is a share of.
#include "tests/benchmarks/gemm_limit.h"

#include <CLI/CLI.hpp>

int main(int argc, char** argv)
{
    int threads = 0;
    std::string dtype = "both";
    CLI::App app("Measures the most GFLOP/s matrix products reach on this machine.");
    app.add_option("--threads", threads, "0: one per processor")->check(CLI::Range(0, 4096));
    app.add_option("--dtype", dtype, "f32, bf16 or both")->check(CLI::IsMember({"f32", "bf16", "both"}));
    CLI11_PARSE(app, argc, argv);

    lora::WorkerPool pool(threads);
    const auto rounded = [](std::optional<double> gflops) {
        return gflops ? nlohmann::ordered_json(std::round(*gflops * 10) / 10)
                      : nlohmann::ordered_json(nullptr);
    };
    nlohmann::ordered_json document{{"threads", pool.size()}};
    if (dtype != "bf16")
        document["f32_gflop_s"] = rounded(lora::bench::gemmLimitFloat32(pool));
    if (dtype != "f32")
        document["bf16_gflop_s"] = rounded(lora::bench::gemmLimitBfloat16(pool));
    fmt::print("{}\n", document.dump());
    return 0;
}
