#include "core/models/bert_like.h"
#include "core/models/families.h"

namespace lora {

namespace {

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    const EncoderHeadNames heads{{.denseName = "classifier.dense",
                                  .denseActivation = Activation::Tanh,
                                  .hasDropoutBefore = true,
                                  .classifierName = "classifier.out_proj"},
                                 {.denseName = "lm_head.dense",
                                  .normName = "lm_head.layer_norm",
                                  .activation = Activation::Gelu,
                                  .decoderName = "lm_head.decoder.bias",
                                  .decoderBiasName = "lm_head.bias"}};
    return makeBertLike<T>(config, task, numLabels, "roberta.", "", heads);
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    return normalizedName(checkpointName, "roberta.", {"embeddings.", "encoder.", "pooler."},
                          {"position_ids", "roberta.pooler", "lm_head.decoder"});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"classifier", "qa_outputs", "lm_head"});
}

} // namespace

template <class T>
const ModelFamily<T>& robertaFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& robertaFamily<float>();
template const ModelFamily<double>& robertaFamily<double>();

} // namespace lora
