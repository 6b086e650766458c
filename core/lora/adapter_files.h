#pragma once

#include "core/io/safetensors.h"
#include "core/lora/peft_config.h"
#include "core/models/language_model.h"

#include <filesystem>

namespace lora {

/// "base_model.model." + name: how PEFT names a parameter in adapter_model.safetensors.
std::string peftTensorName(const std::string& parameterName);

/// Opens `<folder>/adapter_model.safetensors`; a folder with adapter_model.bin alone gets an error that says
/// what to do.
SafetensorsFile openAdapterTensors(const std::filesystem::path& folder);

/// Labels the adapter's saved classifier has rows for; 0 when it saved none.
std::int64_t adapterLabelCount(const SafetensorsFile& tensors);

/// Adds the adapters of `config` to the model and fills them, saved modules and saved biases from `tensors`.
/// PEFT itself stays silent when keys do not fit; here every key must find its place and every place its key.
/// Throws lora::Error (BadInput) naming keys and shapes.
template <class T>
void loadAdapter(LanguageModel<T>& model, const PeftConfig& config, const SafetensorsFile& tensors);

} // namespace lora
