#pragma once

#include "core/data/batch.h"
#include "tests/benchmarks/benchmark_options.h"

#include <vector>

namespace lora::bench {

/// The pool of random batches a benchmark goes round in: token ids, and classes (encoders) or next tokens
/// (decoders). Four batches, eight where lengths differ; the lengths are those the PyTorch program draws
/// from the same seed, packed here without padding.
std::vector<Batch> makeBatches(const BenchmarkOptions& options);

} // namespace lora::bench
