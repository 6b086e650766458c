#pragma once

#include "core/export/tensor_collection.h"
#include "core/lora/peft_config.h"
#include "core/models/language_model.h"

#include <string>

namespace lora {

/// What the two files of a PEFT folder hold.
struct AdapterContents
{
    TensorCollection tensors;
    PeftConfig config;
};

/// Of a LoRA-trained model, see writePeftAdapter. Throws lora::Error (Unsupported) for a model without
/// adapters.
AdapterContents adapterContents(LanguageModel<float>& model, const LoraConfig& config,
                                const std::string& baseModel);

} // namespace lora
