#pragma once

#include "core/config/experiment_config.h"
#include "core/data/tokenized_dataset.h"
#include "core/models/language_model.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace lora {

/// Proof that an export means what the model means: it was read back and gave the same logits.
struct ExportCertificate
{
    std::filesystem::path path;
    std::string format; ///< "peft"
    std::int64_t bytes = 0;
    double maxAbsLogitDifference = 0; ///< read back against the model in memory, over the probe
    std::int64_t rows = 0;            ///< of the probe
    std::string hash = {};            ///< of adapter_model.safetensors, see hashOf
};

/// Writes a LoRA-trained model as a PEFT folder (adapter_config.json, adapter_model.safetensors), whole or
/// not at all. Modules the base checkpoint lacks (a new pooler) are saved like PEFT's modules_to_save,
/// adapters in them folded in: without that a reader would draw other random weights there. PiSSA's and
/// OLoRA's pairs become plain LoRA of doubled rank on the base model as it was. Throws lora::Error
/// (Unsupported) for a model without adapters.
void writePeftAdapter(const std::filesystem::path& folder, LanguageModel<float>& model,
                      const LoraConfig& config, const std::string& baseModel);

/// Loads the base model again from `baseFolder`, puts the adapter in `folder` on it and compares logits over
/// `probe` (some rows of data) with `model`'s. Throws lora::Error (Internal) when they differ by more than
/// rounding.
ExportCertificate checkPeftAdapter(const std::filesystem::path& folder,
                                   const std::filesystem::path& baseFolder, LanguageModel<float>& model,
                                   const TokenizedDataset& probe);

/// Both at once: writes the folder only when it passes its check, else throws and leaves what was there.
ExportCertificate exportPeftAdapter(const std::filesystem::path& folder, LanguageModel<float>& model,
                                    const LoraConfig& config, const std::string& baseModel,
                                    const std::filesystem::path& baseFolder, const TokenizedDataset& probe);

} // namespace lora
