#pragma once

#include "core/config/experiment_config.h"

#include <string>
#include <vector>

namespace lora {

/// The adapter one module gets.
struct AdapterPlan
{
    std::string module;
    int r = 0;
    double alpha = 0;
    double scaling = 0;        ///< alpha / r, or alpha / √r with use_rslora
    bool hasMagnitude = false; ///< DoRA
    bool isAFrozen = false;    ///< LoRA-FA
    bool hasDropout = false;
    bool hasStart = false; ///< PiSSA, OLoRA: the pair came out of the weight, and its start is kept

    /// Numbers of A, B and DoRA's magnitudes for a module [out, in].
    std::int64_t size(std::int64_t in, std::int64_t out) const
    {
        return r * (in + out) + (hasMagnitude ? out : 0);
    }
    std::int64_t trainedSize(std::int64_t in, std::int64_t out) const
    {
        return size(in, out) - (isAFrozen ? r * in : 0);
    }
};

/// A module's name, its block (−1 outside the stack) and whether it is part of the head: all that targeting
/// looks at.
struct TargetCandidate
{
    std::string name;
    int block = -1;
    bool isHead = false;
};

/// Which modules get an adapter and of which rank, with PEFT's rules: a list entry matches the exact path or
/// its end after a dot, a string the whole path as a regular expression, "all-linear" everything but the
/// head; modules under modules_to_save never; rank_pattern and alpha_pattern keys as `(.*\.)?(key)$`, the
/// first match wins. Throws lora::Error (BadUsage) when a list entry or the whole selection matches nothing,
/// naming modules there are, or when a regular expression is malformed or takes too long.
std::vector<AdapterPlan> planAdapters(const LoraConfig& config,
                                      const std::vector<TargetCandidate>& candidates,
                                      const std::vector<std::string>& modulesToSave);

/// PEFT's modules_to_save with what the task adds to it ("classifier", "score").
std::vector<std::string> savedModules(const std::vector<std::string>& modulesToSave, TaskType task);

/// Whether the parameter belongs to one of `modules`, compared as PEFT does: some module on its path ends
/// with the text.
bool isInSavedModule(const std::string& parameterName, const std::vector<std::string>& modules);

/// A module's path as people write it in modules_to_save: its last two parts, "pooler.dense".
std::string savedModuleName(const std::string& path);

} // namespace lora
