#pragma once

#include "core/analysis/adapter_resize.h"

namespace lora {

struct ExtractionWishes
{
    RankChoice size;
    /// Norms, biases and embeddings stay as the base has them, though they were trained: a small file, less
    /// exact.
    bool isLinearOnly = false;
};

struct ExtractedModule
{
    std::string module;
    std::int64_t rank = 0;
    double error = 0;          ///< ‖Δ − Δ'‖_F / ‖Δ‖_F
    double relativeChange = 0; ///< ‖Δ‖_F / ‖W‖_F
};

struct Extraction
{
    LoraConfig config;
    std::vector<ExtractedModule> modules;
    std::vector<std::string> saved;   ///< modules saved whole beside the head: norms, embeddings
    std::vector<std::string> leftOut; ///< weights that were trained but are not in the adapter
    double error = 0;                 ///< of all modules together
};

/// Turns `base` into base + adapter ≈ `tuned`: every linear weight's change approximated by an adapter of the
/// best low rank, the head and what is not linear copied as PEFT's modules_to_save (biases as bias "all").
/// Adapters of `tuned` are folded in first. Modules that did not change get no adapter; new ones, which the
/// base lacks, are copied. Throws lora::Error (BadInput) where the models do not have the same weights or one
/// is not finite, (BadUsage) when nothing linear changed or the rank is impossible.
Extraction extractAdapter(LanguageModel<float>& tuned, LanguageModel<float>& base,
                          const ExtractionWishes& wishes);

} // namespace lora
