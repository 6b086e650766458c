// Whole training steps of a model of random weights: times, counted operations, memory. One JSON object on
// stdout, its fields named as by the PyTorch program compare_with_pytorch.py holds it against.
#include "core/base/error.h"
#include "core/base/process_memory.h"
#include "core/base/stopwatch.h"
#include "core/train/training_step.h"
#include "tests/benchmarks/allocation_counter.h"
#include "tests/benchmarks/benchmark_batches.h"
#include "tests/benchmarks/benchmark_model.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <unistd.h>

namespace lora::bench {

namespace {

constexpr double bytesPerMiB = 1024.0 * 1024.0;

struct StepTime
{
    double seconds = 0;
    StepResult result;
    std::size_t batch = 0; ///< of the pool
};

struct Measurement
{
    std::vector<StepTime> steps;
    double firstStepDone = 0; ///< seconds since the process began
    double firstLoss = 0;
    double allocationsPerStep = 0;
    std::size_t arenaPeakBytes = 0;
    std::size_t arenaAllocations = 0;
};

BenchmarkOptions readOptions(int argc, char** argv)
{
    BenchmarkOptions o;
    CLI::App app("Times whole training steps of a model of random weights.");
    app.add_option("--family", o.family)->check(CLI::IsMember({"bert", "gpt2", "llama"}));
    app.add_option("--layers", o.layers)->check(CLI::Range(1, 1000));
    app.add_option("--hidden", o.hidden)->check(CLI::Range(1, 65536));
    app.add_option("--heads", o.heads)->check(CLI::Range(1, 1024));
    app.add_option("--ffn", o.ffn, "0: 4 x hidden")->check(CLI::Range(0, 262144));
    app.add_option("--vocab", o.vocab)->check(CLI::Range(2, 1 << 20));
    app.add_option("--classes", o.classes)->check(CLI::Range(2, 10000));
    app.add_option("--batch", o.batch)->check(CLI::Range(1, 65536));
    app.add_option("--seq", o.seq)->check(CLI::Range(2, 65536));
    app.add_option("--mode", o.mode)->check(CLI::IsMember({"lora", "full", "head"}));
    app.add_option("--rank", o.rank)->check(CLI::Range(1, 1024));
    app.add_option("--alpha", o.alpha);
    app.add_option("--targets", o.targets, "of q,k,v,o,up,down,gate,c_attn, or all-linear");
    app.add_option("--top", o.top, "train only the last K layers; 0: all")->check(CLI::Range(0, 1000));
    app.add_flag_callback(
        "--no-tie", [&] { o.isTied = false; }, "a decoder's output layer of its own");
    app.add_option("--padding", o.padding)->check(CLI::IsMember({"none", "random"}));
    app.add_option("--len-median", o.lenMedian)->check(CLI::PositiveNumber);
    app.add_option("--len-sigma", o.lenSigma)->check(CLI::NonNegativeNumber);
    app.add_option("--dtype", o.dtype)->check(CLI::IsMember({"f32", "bf16"}));
    app.add_option("--lr", o.learningRate);
    app.add_option("--steps", o.steps)->check(CLI::Range(1, 1000000));
    app.add_option("--warmup", o.warmup)->check(CLI::Range(0, 1000000));
    app.add_option("--threads", o.threads, "0: one per processor")->check(CLI::Range(0, 4096));
    app.add_option("--seed", o.seed)->check(CLI::Range(0u, 0xffffffffu));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    o.ffn = o.ffn > 0 ? o.ffn : 4 * o.hidden;
    o.top = static_cast<int>(std::min<std::int64_t>(o.top, o.layers));
    return o;
}

double secondsSinceProcessStart()
{
    std::string stat;
    std::getline(std::ifstream("/proc/self/stat"), stat);
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string field;
    for (int i = 0; i < 20; ++i) // the 22nd of proc(5), counted behind the name
        fields >> field;
    double uptime = 0;
    std::ifstream("/proc/uptime") >> uptime;
    return uptime - std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Measurement measure(const BenchmarkOptions& options, BenchmarkModel& made, const std::vector<Batch>& batches,
                    WorkerPool& pool)
{
    TrainingStep<float> step(*made.model, *made.trainable, pool, {.weightDecay = 0.01}, 0);
    Measurement measured;
    measured.steps.reserve(static_cast<std::size_t>(options.steps));
    std::int64_t allocationsBefore = 0;
    for (int i = 0; i < options.warmup + options.steps; ++i) {
        if (i == options.warmup)
            allocationsBefore = heapAllocations();
        const std::size_t batch = static_cast<std::size_t>(i) % batches.size();
        const Stopwatch watch;
        const StepResult result =
            step.run(std::span(&batches[batch], 1), options.learningRate, static_cast<std::uint64_t>(i));
        const double seconds = watch.seconds();
        if (i == 0) {
            measured.firstStepDone = secondsSinceProcessStart();
            measured.firstLoss = result.loss;
        }
        if (i >= options.warmup)
            measured.steps.push_back({seconds, result, batch});
    }
    measured.allocationsPerStep = static_cast<double>(heapAllocations() - allocationsBefore) / options.steps;
    measured.arenaPeakBytes = step.arenaPeakBytes();
    measured.arenaAllocations = step.heapAllocations();
    return measured;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return (values[values.size() / 2] + values[(values.size() - 1) / 2]) / 2;
}

double rounded(double value, int digits)
{
    const double scale = std::pow(10.0, digits);
    return std::round(value * scale) / scale;
}

/// Sums over the measured steps, and over the fastest visit of each batch of the pool.
struct Totals
{
    double seconds = 0, tokens = 0, flops = 0;
    int count = 0;

    void add(const StepTime& step)
    {
        seconds += step.seconds;
        tokens += static_cast<double>(step.result.tokens);
        flops += static_cast<double>(step.result.flops);
        ++count;
    }
};

nlohmann::ordered_json report(const BenchmarkOptions& o, const Measurement& measured)
{
    Totals all, best;
    std::map<std::size_t, StepTime> fastest;
    std::vector<double> times;
    for (const StepTime& step : measured.steps) {
        all.add(step);
        times.push_back(step.seconds);
        const auto at = fastest.try_emplace(step.batch, step).first;
        if (step.seconds < at->second.seconds)
            at->second = step;
    }
    for (const auto& [batch, step] : fastest)
        best.add(step);
    const bool isLora = o.mode == "lora";
    return {{"family", o.family},
            {"mode", o.mode},
            {"layers", o.layers},
            {"hidden", o.hidden},
            {"batch", o.batch},
            {"seq", o.seq},
            {"rank", isLora ? nlohmann::ordered_json(o.rank) : nullptr},
            {"targets", isLora ? nlohmann::ordered_json(o.targets) : nullptr},
            {"top", o.top},
            {"dtype", o.dtype},
            {"dropout", 0.0},
            {"padding", o.padding},
            {"ms_step", rounded(median(times) * 1e3, 2)},
            {"ms_best", rounded(best.seconds / best.count * 1e3, 2)},
            {"tok_s", rounded(all.tokens / all.seconds, 1)},
            {"tok_s_best", rounded(best.tokens / best.seconds, 1)},
            {"tok_real", rounded(all.tokens / all.count, 1)},
            {"tok_padded", rounded(all.tokens / all.count, 1)},
            {"gflop_step", rounded(all.flops / all.count / 1e9, 3)},
            {"gflop_s", rounded(all.flops / all.seconds / 1e9, 1)},
            {"gflop_s_best", rounded(best.flops / best.seconds / 1e9, 1)},
            {"peak_rss_mib", rounded(static_cast<double>(peakResidentBytes()) / bytesPerMiB, 1)},
            {"arena_peak_mib", rounded(static_cast<double>(measured.arenaPeakBytes) / bytesPerMiB, 1)},
            {"arena_allocations", measured.arenaAllocations},
            {"heap_allocations_step", rounded(measured.allocationsPerStep, 2)},
            {"first_step_done_s", rounded(measured.firstStepDone, 2)},
            {"loss_first", rounded(measured.firstLoss, 4)},
            {"loss_last", rounded(measured.steps.back().result.loss, 4)}};
}

void run(const BenchmarkOptions& options)
{
    const Stopwatch watch;
    WorkerPool pool(options.threads);
    BenchmarkModel made = makeModel(options);
    const std::vector<Batch> batches = makeBatches(options);
    const double buildSeconds = watch.seconds();
    nlohmann::ordered_json document{{"peer", "lora_workbench"},
                                    {"trainable", made.trainable->size()},
                                    {"total_params", made.model->parameterCount()},
                                    {"build_s", rounded(buildSeconds, 2)},
                                    {"threads", pool.size()}};
    document.update(report(options, measure(options, made, batches, pool)));
    fmt::print("{}\n", document.dump());
}

} // namespace

} // namespace lora::bench

int main(int argc, char** argv)
{
    const lora::bench::BenchmarkOptions options = lora::bench::readOptions(argc, argv);
    try {
        lora::bench::run(options);
        return 0;
    } catch (const lora::Error& error) {
        fmt::print(stderr, "{}{}{}\n", error.what(), error.hint().empty() ? "" : "\n", error.hint());
        return lora::exitCode(error.kind());
    }
}
