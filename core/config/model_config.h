#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lora {

/// How positions turn into angles; names as in config.json's rope_scaling / rope_parameters.
struct RotaryConfig
{
    enum class Scaling {
        None,   ///< "default"
        Linear, ///< "linear": positions divided by factor
        Llama3  ///< "llama3": only low frequencies are divided, with a smooth passage
    };

    double theta = 10000; ///< rope_theta
    Scaling scaling = Scaling::None;
    double factor = 1;
    double lowFreqFactor = 1;
    double highFreqFactor = 4;
    double originalMaxPositions = 8192; ///< original_max_position_embeddings
};

/// What differs between the attention of a decoder's layers.
struct LayerAttention
{
    std::int64_t window = 0; ///< tokens a token sees, itself included; 0: all before it
    double scale = 0;        ///< of the scores; 0: 1 / √headDim
};

/// The architecture of a model, as its Hugging Face config.json tells it (interchange names in comments).
/// Each family's own names for the same thing (n_embd, dim, hidden_size) are one member here.
struct ModelConfig
{
    std::string family;       ///< model_type
    std::string architecture; ///< architectures[0], may be empty
    bool isDecoder = false;   ///< causal: each token sees those before it
    std::int64_t vocabSize = 0;
    std::int64_t hiddenSize = 0;
    std::int64_t embeddingSize = 0; ///< of the word embeddings: embedding_size, hiddenSize in most families
    std::int64_t numHiddenLayers = 0;
    bool isLayerShared = false; ///< one block's weights serve every layer (ALBERT)
    std::int64_t numAttentionHeads = 0;
    std::int64_t numKeyValueHeads = 0; ///< num_key_value_heads, numAttentionHeads where null
    std::int64_t headDim = 0;          ///< head_dim, hiddenSize / numAttentionHeads where null
    std::int64_t intermediateSize = 0;
    std::int64_t maxPositionEmbeddings = 0; ///< longest sequence the model takes
    std::int64_t positionRows = 0;          ///< rows of the position table; 0: rotary positions
    std::int64_t firstPosition = 0;         ///< row of a sequence's first token
    std::int64_t typeVocabSize = 0;         ///< 0: no token types
    std::string hiddenAct = "gelu";
    double layerNormEps = 1e-12; ///< layer_norm_eps, rms_norm_eps
    std::optional<RotaryConfig> rotary;
    std::vector<LayerAttention> layerAttention; ///< decoders: one entry a layer
    bool hasAttentionInputBias = true;
    bool hasAttentionOutputBias = true;
    bool hasFeedForwardBias = true;
    bool tieWordEmbeddings = true;
    double hiddenDropoutProb = 0;
    double attentionProbsDropoutProb = 0;
    double classifierDropout = 0; ///< classifier_dropout, hidden_dropout_prob where null
    double initializerRange = 0.02;
    std::int32_t padTokenId = 0;
    std::vector<std::int32_t> eosTokenIds; ///< eos_token_id, a number or a list; empty: none
    std::vector<std::string> labelNames;   ///< id2label in order of id; empty when the file has none
    nlohmann::ordered_json document;       ///< the whole file, for export
};

/// Families this program can open, for messages.
const std::vector<std::string>& supportedFamilies();

/// Reads `<folder>/config.json`. Throws lora::Error naming the file and key: missing, of the wrong type, out
/// of range, or an option or family that is not supported (with what is).
ModelConfig readModelConfig(const std::filesystem::path& folder);
/// The same from a document; `source` names it in errors.
ModelConfig modelConfigFromJson(const nlohmann::ordered_json& document, const std::string& source);

} // namespace lora
