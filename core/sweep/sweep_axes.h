#pragma once

#include "core/config/experiment_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lora {

/// One entry of a sweep's layer axis: the blocks that get adapters.
struct LayerSet
{
    enum class Kind {
        All,        ///< "all"
        TopHalf,    ///< "top-half": the last half of the blocks, at least one
        TopQuarter, ///< "top-quarter"
        Indices     ///< "0,1,5" or "8-11"
    };
    Kind kind = Kind::All;
    std::vector<int> indices; ///< of Kind::Indices, counted from 0

    bool operator==(const LayerSet&) const = default;
};

/// A list of module names, "all-linear" or a regular expression, as in LoraConfig.
using TargetSet = std::variant<std::vector<std::string>, std::string>;

enum class AlphaPolicy {
    Ratio, ///< lora_alpha / r stays as in the base experiment, so that every rank has the same scaling
    Fixed  ///< the number stays
};

/// What a sweep varies. An axis without entries keeps the base experiment's own value.
struct SweepAxes
{
    std::vector<int> ranks;
    std::vector<TargetSet> targets;
    std::vector<LayerSet> layers;
    std::vector<std::string> variants; ///< names of lora_variant.h
    std::vector<double> learningRates; ///< of LoRA and of the head alone: the best differs with the rank
    std::vector<std::uint64_t> seeds;
    std::optional<AlphaPolicy> alpha; ///< none: Ratio, with use_rslora Fixed
    bool isFullIncluded = false;      ///< full fine-tuning as a baseline, once for each seed
    bool isHeadIncluded = false;      ///< the head alone, likewise
    /// Of the full baseline; none: a tenth of what the base experiment gives LoRA, since every weight
    /// moves.
    std::vector<double> fullLearningRates;
};

/// The axes as people write them: "1,4,16"; "query,value;all-linear"; "all;top-half;0,1;8-11"; "1,2,3";
/// "lora,dora"; "5e-4,1e-3". Empty texts are empty axes.
struct SweepTexts
{
    std::string ranks{};
    std::string targets{}; ///< "regex:…" is a regular expression as in PEFT
    std::string layers{};
    std::string seeds{};
    std::string variants{};
    std::string learningRates{};
    std::string fullLearningRates{};
};

/// Problems go to `issues` under "ranks", "targets", "layers", "seeds", "variants", "learning_rates" and
/// "full_learning_rates".
SweepAxes readAxes(const SweepTexts& texts, ConfigIssues& issues);

/// As it is written: "query,value", "all-linear", "regex:…"; "all", "top-half", "0,1,5".
std::string toText(const TargetSet& targets);
std::string toText(const LayerSet& layers);

} // namespace lora
