#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lora {

/// The architecture of a model, as its Hugging Face config.json tells it (interchange names in comments).
struct ModelConfig
{
    std::string family;       ///< model_type
    std::string architecture; ///< architectures[0], may be empty
    std::int64_t vocabSize = 0;
    std::int64_t hiddenSize = 0;
    std::int64_t numHiddenLayers = 0;
    std::int64_t numAttentionHeads = 0;
    std::int64_t intermediateSize = 0;
    std::int64_t maxPositionEmbeddings = 0;
    std::int64_t typeVocabSize = 0;
    std::string hiddenAct = "gelu";
    double layerNormEps = 1e-12;
    double hiddenDropoutProb = 0;
    double attentionProbsDropoutProb = 0;
    double classifierDropout = 0; ///< classifier_dropout, hidden_dropout_prob where null
    double initializerRange = 0.02;
    std::int32_t padTokenId = 0;
    std::vector<std::string> labelNames; ///< id2label in order of id; empty when the file has none
    nlohmann::ordered_json document;     ///< the whole file, for export
};

/// Families this program can open, for messages.
const std::vector<std::string>& supportedFamilies();

/// Reads `<folder>/config.json`. Throws lora::Error naming the file and key: missing, of the wrong type, out of range, or an
/// option or family that is not supported (with what is).
ModelConfig readModelConfig(const std::filesystem::path& folder);
/// The same from a document; `source` names it in errors.
ModelConfig modelConfigFromJson(const nlohmann::ordered_json& document, const std::string& source);

} // namespace lora
