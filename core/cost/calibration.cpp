#include "core/cost/calibration.h"

#include "core/base/process_memory.h"
#include "core/base/stopwatch.h"
#include "core/math/elementwise.h"
#include "core/math/gemm.h"

#include <algorithm>
#include <array>
#include <barrier>
#include <thread>
#include <vector>

namespace lora {

namespace {

constexpr std::int64_t rows = 192; ///< tokens a worker typically has of a batch of short texts
constexpr double secondsEach = 0.012;

struct Speeds
{
    double flops = 0;
    double bfloat16Flops = 0;
    double bytes = 0;
};

/// Repeats `pass` until enough time has gone by; units per second, the middle of three such rates: something
/// else may run for a moment.
template <class Pass>
double rate(double unitsPerPass, const Pass& pass)
{
    pass();
    std::array<double, 3> rates{};
    for (double& each : rates) {
        const Stopwatch stopwatch;
        double units = 0;
        do {
            pass();
            units += unitsPerPass;
        } while (stopwatch.seconds() < secondsEach);
        each = units / stopwatch.seconds();
    }
    std::ranges::sort(rates);
    return rates[1];
}

/// Products of a block: four square ones and two wide ones, by weights [intermediate, hidden] of either type.
template <class Weight>
double productRate(std::int64_t hidden, std::int64_t intermediate, ConstMatrix<float> in, Matrix<float> wide)
{
    std::vector<Weight> w(static_cast<std::size_t>(hidden * intermediate));
    const ConstMatrix<Weight> up(w.data(), intermediate, hidden);
    const ConstMatrix<Weight> square(w.data(), hidden, hidden);
    const Matrix<float> narrow(wide.data, rows, hidden);
    const auto h = static_cast<double>(hidden);
    return rate(2.0 * rows * h * (4.0 * h + 2.0 * static_cast<double>(intermediate)), [&] {
        for (int i = 0; i < 4; ++i)
            multiplyByTransposed(in, square, narrow);
        for (int i = 0; i < 2; ++i)
            multiplyByTransposed(in, up, wide);
    });
}

Speeds measureWorker(std::int64_t hidden, std::int64_t intermediate)
{
    std::vector<float> x(static_cast<std::size_t>(rows * hidden), 0.5f);
    std::vector<float> y(static_cast<std::size_t>(rows * intermediate));
    const ConstMatrix<float> in(x.data(), rows, hidden);
    const Matrix<float> wide(y.data(), rows, intermediate);
    Speeds speeds;
    speeds.flops = productRate<float>(hidden, intermediate, in, wide);
    if (hasBFloat16Products())
        speeds.bfloat16Flops = productRate<BFloat16>(hidden, intermediate, in, wide);
    speeds.bytes = rate(8.0 * static_cast<double>(wide.size()), [&] { gelu<float>(wide, wide); });
    return speeds;
}

} // namespace

Calibration calibrate(const ModelSummary& model, int workers)
{
    useSingleThreadedBlas();
    Calibration calibration;
    trimHeap();
    calibration.processBytes = static_cast<double>(residentBytes());
    calibration.machineBytes = static_cast<double>(physicalBytes());
    calibration.workers =
        workers > 0 ? workers : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    // Very wide models are measured on a part: the rate no longer depends on the size there.
    const std::int64_t hidden = std::clamp<std::int64_t>(model.hiddenSize, 16, 2048);
    const std::int64_t intermediate = std::clamp<std::int64_t>(model.intermediateSize, hidden, 8192);
    std::vector<Speeds> speeds(static_cast<std::size_t>(calibration.workers));
    std::barrier start(calibration.workers);
    std::vector<std::jthread> threads;
    for (int worker = 0; worker < calibration.workers; ++worker)
        threads.emplace_back([&, worker] {
            start.arrive_and_wait(); // all at once: cores share caches, memory and power
            speeds[static_cast<std::size_t>(worker)] = measureWorker(hidden, intermediate);
        });
    threads.clear();
    for (const Speeds& speed : speeds) {
        calibration.gemmFlopsPerSecond += speed.flops;
        calibration.bfloat16FlopsPerSecond += speed.bfloat16Flops;
        calibration.elementwiseBytesPerSecond += speed.bytes;
    }
    return calibration;
}

} // namespace lora
