#pragma once

#include "core/lora/trainable_parameters.h"
#include "core/models/language_model.h"
#include "tests/benchmarks/benchmark_options.h"

#include <memory>

namespace lora::bench {

struct BenchmarkModel
{
    std::unique_ptr<LanguageModel<float>> model;
    std::unique_ptr<TrainableParameters<float>> trainable;
};

/// A model of random weights with what the case trains made trainable: bert as sequence classification with
/// its pooler, gpt2 and llama as causal language models. Throws lora::Error (BadUsage, Unsupported) for
/// targets the family does not have and number types the engine does not offer.
BenchmarkModel makeModel(const BenchmarkOptions& options);

} // namespace lora::bench
