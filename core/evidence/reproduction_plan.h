#pragma once

#include "core/sweep/sweep_plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lora {

struct ModelSummary;

/// What the article claims about one task: so much less compute than full fine-tuning at equal quality.
struct ArticleClaim
{
    std::string key;   ///< "sentiment", "topics", "qa"
    std::string title; ///< "sentiment analysis"
    TaskType task = TaskType::SequenceClassification;
    std::string builtinData; ///< "builtin:sentiment"
    double savedCompute = 0; ///< 0.7
};

/// Sentiment analysis 70 %, text classification 60 %, question answering 50 %.
const std::vector<ArticleClaim>& articleClaims();
/// Throws lora::Error (BadUsage) for a key there is no claim with.
const ArticleClaim& articleClaim(const std::string& key);

/// The experiment a claim is tested with where the user gives no other: built-in model and data.
ExperimentConfig usualExperiment(const ArticleClaim& claim);
/// Of full fine-tuning in its place: what suits the built-in model, found by trying.
inline constexpr double usualFullLearningRate = 1e-3;

struct ReproductionSettings
{
    std::vector<std::uint64_t> seeds = {1, 2, 3};
    std::optional<double> fullLearningRate; ///< none: a tenth of LoRA's, as in sweeps
};

/// The runs that put a claim to the test, paired by seed: full fine-tuning, the head alone, LoRA everywhere,
/// and on the top half and the top quarter of the layers, there both with the frozen layers run in every
/// epoch ("no cache") and once. Modules the checkpoint lacks are trained whole everywhere. Every run computes
/// what it needs itself, so that its compute is its own. Throws as planSweep does.
SweepPlan planReproduction(const ArticleClaim& claim, const ExperimentConfig& base,
                           const ReproductionSettings& settings, const ModelSummary& model);

} // namespace lora
