#include "core/models/families.h"
#include "core/models/gpt_like.h"

namespace lora {

namespace {

PreNormBlockNames blockNames(std::int64_t index)
{
    const std::string layer = fmt::format("transformer.h.{}.", index);
    PreNormBlockNames names;
    names.attentionNorm = layer + "ln_1";
    names.query = layer + "attn.attention.q_proj";
    names.key = layer + "attn.attention.k_proj";
    names.value = layer + "attn.attention.v_proj";
    names.attentionOutput = layer + "attn.attention.out_proj";
    names.feedForwardNorm = layer + "ln_2";
    names.up = layer + "mlp.c_fc";
    names.down = layer + "mlp.c_proj";
    return names;
}

PreNormBlockShape blockShape(const ModelConfig& config, std::int64_t index)
{
    return {.hidden = config.hiddenSize,
            .intermediate = config.intermediateSize,
            .attention = decoderAttention(config, index),
            .norm = NormKind::Layer,
            .normEpsilon = config.layerNormEps,
            .activation = activationFromString(config.hiddenAct).value(),
            .hasAttentionInputBias = false};
}

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    return makeGptLike<T>(config, task, numLabels, &blockNames, &blockShape);
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    if (checkpointName.ends_with(".attention.bias") || checkpointName.ends_with(".attention.masked_bias"))
        return std::nullopt;
    return normalizedName(checkpointName, "transformer.", {"wte.", "wpe.", "h.", "ln_f."}, {});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"score", "classifier"});
}

} // namespace

template <class T>
const ModelFamily<T>& gptNeoFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& gptNeoFamily<float>();
template const ModelFamily<double>& gptNeoFamily<double>();

} // namespace lora
