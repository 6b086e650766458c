#include "core/config/model_config_reader.h"

#include <cmath>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::int64_t largest = 1 << 20;

ModelConfig readGpt2(const ConfigReader& reader)
{
    ModelConfig config;
    config.vocabSize = reader.size("vocab_size", 1 << 24);
    config.hiddenSize = reader.size("n_embd", largest);
    config.numHiddenLayers = reader.size("n_layer", 4096);
    config.numAttentionHeads = reader.size("n_head", largest);
    config.intermediateSize = reader.sizeOr("n_inner", 4 * config.hiddenSize, 4 * largest);
    config.positionRows = reader.sizeOr("n_positions", reader.sizeOr("n_ctx", 1024, 1 << 24), 1 << 24);
    config.hiddenAct = reader.textOr("activation_function", "gelu_new");
    config.layerNormEps = reader.numberOr("layer_norm_epsilon", 1e-5, 0, 1);
    config.hiddenDropoutProb = reader.numberOr("resid_pdrop", 0.1, 0, 0.999);
    config.attentionProbsDropoutProb = reader.numberOr("attn_pdrop", 0.1, 0, 0.999);
    const double headDim =
        static_cast<double>(config.hiddenSize) / static_cast<double>(config.numAttentionHeads);
    const double scale = reader.flagOr("scale_attn_weights", true) ? 1 / std::sqrt(headDim) : 1;
    const bool isScaledByLayer = reader.flagOr("scale_attn_by_inverse_layer_idx", false);
    for (std::int64_t layer = 0; layer < config.numHiddenLayers; ++layer)
        config.layerAttention.push_back(
            {0, isScaledByLayer ? scale / static_cast<double>(layer + 1) : scale});
    if (reader.flagOr("add_cross_attention", false))
        reader.unsupported("add_cross_attention true is not supported", "Use a plain GPT-2 model.");
    return config;
}

/// attention_layers, or attention_types [[["global", "local"], n], …] written out: which layers look back
/// only a window.
std::vector<bool> readLocalLayers(const ConfigReader& reader, std::int64_t layers)
{
    std::vector<bool> isLocal;
    const auto take = [&](const Json& kind, const char* key) {
        if (kind != "global" && kind != "local")
            reader.fail(key, "made of \"global\" and \"local\"");
        isLocal.push_back(kind == "local");
    };
    if (reader.has("attention_layers")) {
        const Json& kinds = reader.document()["attention_layers"];
        if (!kinds.is_array())
            reader.fail("attention_layers", "a list");
        for (const Json& kind : kinds)
            take(kind, "attention_layers");
    } else if (reader.has("attention_types")) {
        const Json& types = reader.document()["attention_types"];
        const auto isPair = [](const Json& pair) {
            return pair.is_array() && pair.size() == 2 && pair[0].is_array() && pair[1].is_number_unsigned();
        };
        if (!types.is_array() || !std::all_of(types.begin(), types.end(), isPair))
            reader.fail("attention_types", "a list of [[kinds], count]");
        for (const Json& pair : types)
            for (std::uint64_t i = 0; i < pair[1].get<std::uint64_t>() && isLocal.size() <= 4096; ++i)
                for (const Json& kind : pair[0])
                    take(kind, "attention_types");
    } else {
        for (std::int64_t layer = 0; layer < layers; ++layer)
            isLocal.push_back(layer % 2 == 1);
    }
    if (static_cast<std::int64_t>(isLocal.size()) != layers)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: the attention types name {} layers, num_layers says {}", reader.source(),
                                isLocal.size(), layers),
                    "Use the config.json that belongs to this model.");
    return isLocal;
}

ModelConfig readGptNeo(const ConfigReader& reader)
{
    ModelConfig config;
    config.vocabSize = reader.size("vocab_size", 1 << 24);
    config.hiddenSize = reader.size("hidden_size", largest);
    config.numHiddenLayers = reader.size("num_layers", 4096);
    config.numAttentionHeads = reader.size("num_heads", largest);
    config.intermediateSize = reader.sizeOr("intermediate_size", 4 * config.hiddenSize, 4 * largest);
    config.positionRows = reader.size("max_position_embeddings", 1 << 24);
    config.hiddenAct = reader.textOr("activation_function", "gelu_new");
    config.layerNormEps = reader.numberOr("layer_norm_epsilon", 1e-5, 0, 1);
    config.hiddenDropoutProb = reader.numberOr("resid_dropout", 0, 0, 0.999);
    config.attentionProbsDropoutProb = reader.numberOr("attention_dropout", 0, 0, 0.999);
    config.classifierDropout = reader.numberOr("classifier_dropout", 0.1, 0, 0.999);
    config.hasAttentionInputBias = false;
    const std::int64_t window = reader.sizeOr("window_size", 256, 1 << 24);
    // GPT-Neo's scores are not divided by √headDim.
    for (const bool isLocal : readLocalLayers(reader, config.numHiddenLayers))
        config.layerAttention.push_back({isLocal ? window : 0, 1});
    return config;
}

RotaryConfig readRotary(const ConfigReader& reader, std::int64_t maxPositions)
{
    RotaryConfig rotary;
    rotary.theta = reader.numberOr("rope_theta", 10000, 1, 1e12);
    rotary.originalMaxPositions = static_cast<double>(maxPositions);
    // transformers 5 keeps everything in rope_parameters, earlier versions the scaling in rope_scaling.
    const char* key = reader.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    if (!reader.has(key))
        return rotary;
    const Json& part = reader.document()[key];
    if (!part.is_object())
        reader.fail(key, "an object");
    const ConfigReader scaling(part, fmt::format("{}: {}", reader.source(), key));
    rotary.theta = scaling.numberOr("rope_theta", rotary.theta, 1, 1e12);
    const std::string type = scaling.textOr("rope_type", scaling.textOr("type", "default"));
    if (type == "default")
        return rotary;
    if (type != "linear" && type != "llama3")
        scaling.unsupported(fmt::format("rope_type \"{}\" is not supported", type),
                            "Supported: default, linear, llama3.");
    rotary.scaling = type == "linear" ? RotaryConfig::Scaling::Linear : RotaryConfig::Scaling::Llama3;
    rotary.factor = scaling.numberOr("factor", 1, 1e-3, 1e6);
    rotary.lowFreqFactor = scaling.numberOr("low_freq_factor", 1, 1e-6, 1e6);
    rotary.highFreqFactor = scaling.numberOr("high_freq_factor", 4, 1e-6, 1e6);
    rotary.originalMaxPositions =
        scaling.numberOr("original_max_position_embeddings", rotary.originalMaxPositions, 1, 1 << 24);
    if (type == "llama3" && rotary.highFreqFactor <= rotary.lowFreqFactor)
        scaling.fail("high_freq_factor", "above low_freq_factor");
    return rotary;
}

/// Llama, Mistral and Qwen2: the same blocks, apart from biases and windows.
ModelConfig readLlamaLike(const std::string& family, const ConfigReader& reader)
{
    ModelConfig config;
    config.vocabSize = reader.size("vocab_size", 1 << 24);
    config.hiddenSize = reader.size("hidden_size", largest);
    config.numHiddenLayers = reader.size("num_hidden_layers", 4096);
    config.numAttentionHeads = reader.size("num_attention_heads", largest);
    config.numKeyValueHeads = reader.sizeOr("num_key_value_heads", config.numAttentionHeads, largest);
    config.headDim = reader.sizeOr(
        "head_dim", std::max<std::int64_t>(1, config.hiddenSize / config.numAttentionHeads), largest);
    config.intermediateSize = reader.size("intermediate_size", 4 * largest);
    config.maxPositionEmbeddings = reader.sizeOr("max_position_embeddings", 2048, 1 << 24);
    config.hiddenAct = reader.textOr("hidden_act", "silu");
    checkActivation(config.hiddenAct, "hidden_act", {"silu", "swish"}, reader);
    config.layerNormEps = reader.numberOr("rms_norm_eps", 1e-6, 0, 1);
    config.attentionProbsDropoutProb = reader.numberOr("attention_dropout", 0, 0, 0.999);
    const bool hasBias = family == "llama" && reader.flagOr("attention_bias", false);
    config.hasAttentionInputBias = hasBias || family == "qwen2";
    config.hasAttentionOutputBias = hasBias;
    config.hasFeedForwardBias = family == "llama" && reader.flagOr("mlp_bias", false);
    config.tieWordEmbeddings = reader.flagOr("tie_word_embeddings", false);
    config.rotary = readRotary(reader, config.maxPositionEmbeddings);
    std::int64_t window = 0;
    std::int64_t firstWindowLayer = 0;
    if (family == "mistral")
        window = reader.sizeOr("sliding_window", 0, 1 << 24);
    if (family == "qwen2" && reader.flagOr("use_sliding_window", false)) {
        window = reader.sizeOr("sliding_window", 4096, 1 << 24);
        firstWindowLayer = static_cast<std::int64_t>(reader.numberOr("max_window_layers", 28, 0, 4096));
    }
    for (std::int64_t layer = 0; layer < config.numHiddenLayers; ++layer)
        config.layerAttention.push_back({layer >= firstWindowLayer ? window : 0, 0});
    return config;
}

} // namespace

ModelConfig readDecoderConfig(const std::string& family, const ConfigReader& reader)
{
    const bool isLlamaLike = family != "gpt2" && family != "gpt_neo";
    ModelConfig config = family == "gpt2"      ? readGpt2(reader)
                         : family == "gpt_neo" ? readGptNeo(reader)
                                               : readLlamaLike(family, reader);
    config.embeddingSize = config.hiddenSize;
    if (!isLlamaLike) {
        checkActivation(config.hiddenAct, "activation_function",
                        {"gelu_new", "gelu_pytorch_tanh", "gelu", "relu"}, reader);
        config.tieWordEmbeddings = reader.flagOr("tie_word_embeddings", true);
        config.maxPositionEmbeddings = config.positionRows;
        config.numKeyValueHeads = config.numAttentionHeads;
        config.headDim = std::max<std::int64_t>(1, config.hiddenSize / config.numAttentionHeads);
    }
    if (reader.has("pad_token_id"))
        config.padTokenId = static_cast<std::int32_t>(reader.numberOr("pad_token_id", 0, -1, 1 << 24));
    return config;
}

} // namespace lora
