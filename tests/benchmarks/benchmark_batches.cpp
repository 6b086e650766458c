#include "tests/benchmarks/benchmark_batches.h"

#include "core/base/rng.h"
#include "tests/benchmarks/python_random.h"

namespace lora::bench {

namespace {

int drawLength(const BenchmarkOptions& options, PythonRandom& random)
{
    if (options.padding == "none")
        return options.seq;
    const double length = random.logNormal(std::log(options.lenMedian), options.lenSigma);
    return static_cast<int>(std::clamp(std::nearbyint(length), 4.0, std::max(4.0, double(options.seq))));
}

void appendSequence(const BenchmarkOptions& options, int length, Rng& rng, Batch& batch)
{
    const std::size_t first = batch.inputIds.size();
    for (int t = 0; t < length; ++t)
        batch.inputIds.push_back(
            static_cast<std::int32_t>(1 + rng.below(static_cast<std::uint64_t>(options.vocab - 1))));
    batch.tokenTypeIds.resize(batch.inputIds.size());
    batch.exampleIndex.push_back(static_cast<std::uint32_t>(batch.sequenceOffsets.size() - 1));
    batch.sequenceOffsets.push_back(static_cast<std::int32_t>(batch.inputIds.size()));
    if (options.isEncoder()) {
        batch.classLabels.push_back(
            static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(options.classes))));
        return;
    }
    for (std::size_t t = first + 1; t < batch.inputIds.size(); ++t)
        batch.tokenLabels.push_back(batch.inputIds[t]);
    batch.tokenLabels.push_back(ignoredLabel);
}

} // namespace

std::vector<Batch> makeBatches(const BenchmarkOptions& options)
{
    PythonRandom lengths(static_cast<std::uint32_t>(options.seed));
    Rng rng(options.seed, "batches");
    std::vector<Batch> batches(options.padding == "none" ? 4 : 8);
    for (Batch& batch : batches) {
        batch.sequenceOffsets.push_back(0);
        for (int row = 0; row < options.batch; ++row)
            appendSequence(options, drawLength(options, lengths), rng, batch);
    }
    return batches;
}

} // namespace lora::bench
