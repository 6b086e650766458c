#pragma once

#include "resources/make_builtin/corpus.h"

#include <cstdint>
#include <filesystem>

namespace lora::builtin {

struct PretrainingOptions
{
    std::uint64_t seed = 1;
    std::size_t texts = 200'000;      ///< seen about `steps * batchSize / texts` times, hidden anew each time
    std::size_t heldOutTexts = 1'000; ///< for the loss on text not trained on
    std::size_t pieces = 1'600;       ///< vocabulary, at most
    std::int64_t steps = 4'000;
    int batchSize = 64;
    double learningRate = 2e-3;
    int threads = 0; ///< 0: one per core
};

/// Builds a vocabulary from `source`, trains a small BERT encoder by masked language modelling with this
/// project's engine and writes it as a Hugging Face folder (config.json, model.safetensors, tokenizer,
/// pretraining.json with settings and losses) whole or not at all.
void pretrainEncoder(const std::filesystem::path& folder, PretrainingText& source,
                     const PretrainingOptions& options);

} // namespace lora::builtin
