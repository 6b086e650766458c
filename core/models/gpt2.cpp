#include "core/models/families.h"
#include "core/models/gpt_like.h"

namespace lora {

namespace {

PreNormBlockNames blockNames(std::int64_t index)
{
    const std::string layer = fmt::format("transformer.h.{}.", index);
    PreNormBlockNames names;
    names.attentionNorm = layer + "ln_1";
    names.fused = layer + "attn.c_attn";
    names.attentionOutput = layer + "attn.c_proj";
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
            .layout = WeightLayout::InByOut};
}

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    return makeGptLike<T>(config, task, numLabels, &blockNames, &blockShape);
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    // Causal masks are kept as buffers by old checkpoints.
    if (checkpointName.ends_with(".attn.bias") || checkpointName.ends_with(".attn.masked_bias"))
        return std::nullopt;
    return normalizedName(checkpointName, "transformer.", {"wte.", "wpe.", "h.", "ln_f."}, {});
}

bool mayBeMissing(const std::string& name)
{
    // Exporters that drop the buffers above by their ending lose the bias of c_attn; it is then zero.
    return startsWithAny(name, {"score", "classifier"}) || name.ends_with("attn.c_attn.bias");
}

} // namespace

template <class T>
const ModelFamily<T>& gpt2Family()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& gpt2Family<float>();
template const ModelFamily<double>& gpt2Family<double>();

} // namespace lora
