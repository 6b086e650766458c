#pragma once

#include "core/config/experiment_config.h"

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// adapter_config.json of a PEFT folder, as far as it concerns LoRA.
struct PeftConfig
{
    LoraConfig lora;
    std::string taskType; ///< "SEQ_CLS", …
    std::string baseModel;
    bool isTransposed = false; ///< fan_in_fan_out: the adapted modules are stored [in, out] (GPT-2's Conv1D)
};

/// Reads `<folder>/adapter_config.json`. Throws lora::Error naming file and key: not a LoRA adapter, a
/// variant that is not supported (QALoRA, …), values of the wrong type or out of range.
PeftConfig readPeftConfig(const std::filesystem::path& folder);

/// The document PEFT reads back, keys sorted: every key readers in the field ask for, no invented ones.
nlohmann::json peftConfigJson(const PeftConfig& config);

} // namespace lora
