#include "core/models/families.h"
#include "core/models/family_parts.h"

namespace lora {

namespace {

PreNormBlockNames blockNames(std::int64_t index)
{
    const std::string layer = fmt::format("model.layers.{}.", index);
    PreNormBlockNames names;
    names.attentionNorm = layer + "input_layernorm";
    names.query = layer + "self_attn.q_proj";
    names.key = layer + "self_attn.k_proj";
    names.value = layer + "self_attn.v_proj";
    names.attentionOutput = layer + "self_attn.o_proj";
    names.feedForwardNorm = layer + "post_attention_layernorm";
    names.gate = layer + "mlp.gate_proj";
    names.up = layer + "mlp.up_proj";
    names.down = layer + "mlp.down_proj";
    return names;
}

PreNormBlockShape blockShape(const ModelConfig& config, std::int64_t index)
{
    return {.hidden = config.hiddenSize,
            .intermediate = config.intermediateSize,
            .attention = decoderAttention(config, index),
            .norm = NormKind::Rms,
            .normEpsilon = config.layerNormEps,
            .activation = Activation::Silu,
            .hasAttentionInputBias = config.hasAttentionInputBias,
            .hasAttentionOutputBias = config.hasAttentionOutputBias,
            .hasFeedForwardBias = config.hasFeedForwardBias};
}

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    StackParts<T, PreNormBlock> parts{
        Embeddings<T>(
            {.word = "model.embed_tokens", .position = "", .tokenType = "", .norm = ""},
            {.vocabulary = config.vocabSize, .positions = 0, .tokenTypes = 0, .hidden = config.hiddenSize}),
        std::nullopt,
        {},
        1,
        Norm<T>("model.norm", config.hiddenSize, config.layerNormEps, NormKind::Rms),
        config.rotary};
    parts.blocks.reserve(static_cast<std::size_t>(config.numHiddenLayers));
    for (std::int64_t i = 0; i < config.numHiddenLayers; ++i)
        parts.blocks.emplace_back(blockNames(i), blockShape(config, i));
    auto trunk = std::make_unique<DecoderTrunk<T>>(std::move(parts));
    auto head = makeDecoderHead<T>(config, task, numLabels, "score", trunk->wordEmbeddings());
    return std::make_unique<LanguageModel<T>>(config, task, std::move(trunk), std::move(head));
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    return normalizedName(checkpointName, "model.", {"embed_tokens.", "layers.", "norm."},
                          {"rotary_emb.inv_freq"});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"score"});
}

} // namespace

template <class T>
const ModelFamily<T>& llamaFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& llamaFamily<float>();
template const ModelFamily<double>& llamaFamily<double>();

} // namespace lora
