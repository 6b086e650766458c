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
    nlohmann::ordered_json document{{"threads", pool.size()}};
    const auto add = [&](const std::string& type, const lora::bench::GemmLimit& limit) {
        const auto set = [&](const std::string& key, std::optional<double> gflops) {
            document[type + key] = gflops ? nlohmann::ordered_json(std::round(*gflops * 10) / 10)
                                          : nlohmann::ordered_json(nullptr);
        };
        set("_gflop_s", limit.best());
        set("_own_gflop_s", limit.own);
        set("_library_gflop_s", limit.library);
    };
    if (dtype != "bf16")
        add("f32", lora::bench::gemmLimitFloat32(pool));
    if (dtype != "f32")
        add("bf16", lora::bench::gemmLimitBfloat16(pool));
    fmt::print("{}\n", document.dump());
    return 0;
}
