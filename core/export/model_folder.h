#pragma once

#include "core/models/language_model.h"

#include <filesystem>

namespace lora {

/// Writes every weight (adapters folded in) with config.json as a Hugging Face folder, and the tokenizer's
/// files copied from `baseFolder`.
void writeModelFolder(const std::filesystem::path& folder, LanguageModel<float>& model,
                      const std::filesystem::path& baseFolder);

} // namespace lora
