#pragma once

#include "core/config/experiment_config.h"
#include "core/models/model_summary.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Translates between the layer map (a rank per linear module) and PEFT's keys target_modules,
/// layers_to_transform and rank_pattern, with PEFT's matching rules (peft/utils/other.py,
/// peft/tuners/tuners_utils.py).
namespace lora::ui {

/// Rank of each entry of ModelSummary::modules; 0 = not adapted. Modules trained whole are always 0.
using TargetRanks = std::vector<int>;

/// Whether PEFT's `name` (a path's end) names one of the modules, or a module that holds some ("pooler").
bool namesAnyModule(const std::vector<ModuleInfo>& modules, const std::string& name);
/// Whether the module is trained whole, without an adapter: it is under one of modules_to_save, or the head
/// of a task PEFT saves by itself (classifiers, but not a language model's output layer).
bool isTrainedWhole(const ModuleInfo& module, const LoraConfig& lora);

struct EncodedTargets
{
    std::variant<std::vector<std::string>, std::string> targetModules;
    std::optional<std::vector<int>> layersToTransform;
    std::map<std::string, int> rankPattern;
};

/// The ranks `lora` gives the modules. A pattern that is no regular expression matches nothing.
TargetRanks decodeTargets(const std::vector<ModuleInfo>& modules, const LoraConfig& lora);

/// The shortest form that decodes to exactly `ranks`: "all-linear"; else names with or without layers; else
/// full paths, which PEFT matches exactly. Cells of rank `baseRank` need no pattern.
EncodedTargets encodeTargets(const std::vector<ModuleInfo>& modules, const TargetRanks& ranks, int baseRank,
                             const std::vector<std::string>& modulesToSave = {});

/// Writes `ranks` into the three keys of `lora`, with lora.r as the base rank.
void writeTargets(const std::vector<ModuleInfo>& modules, const TargetRanks& ranks, LoraConfig& lora);

} // namespace lora::ui
