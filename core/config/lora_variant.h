#pragma once

#include "core/config/experiment_config.h"

#include <string>
#include <vector>

namespace lora {

/// Names of what differs from plain LoRA in one thing: "lora", "rslora", "dora", "pissa", "olora", "lora-fa",
/// "lora+".
const std::vector<std::string>& loraVariants();

/// Makes `lora` exactly this variant, one of the names above; what is no matter of variants stays. "lora+"
/// keeps a ratio that is set, else takes 16, what its paper recommends.
void setVariant(LoraConfig& lora, const std::string& name);

/// The variant's name, learning rates (LoRA+) aside; empty for a mixture, such as DoRA with rsLoRA's scaling.
std::string variantOf(const LoraConfig& lora);

} // namespace lora
