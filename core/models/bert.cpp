#include "core/models/bert_like.h"
#include "core/models/families.h"

namespace lora {

namespace {

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    const EncoderHeadNames heads{{.denseName = "bert.pooler.dense",
                                  .denseActivation = Activation::Tanh,
                                  .isDenseInHead = false,
                                  .classifierName = "classifier"},
                                 {.denseName = "cls.predictions.transform.dense",
                                  .normName = "cls.predictions.transform.LayerNorm",
                                  .activation = activationFromString(config.hiddenAct).value(),
                                  .decoderName = "cls.predictions.decoder",
                                  .decoderBiasName = "cls.predictions.bias"}};
    return makeBertLike<T>(config, task, numLabels, "bert.", "", heads);
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    // A buffer, the next-sentence head, and the decoder's copy of its bias.
    return normalizedName(checkpointName, "bert.", {"embeddings.", "encoder.", "pooler."},
                          {"position_ids", "cls.seq_relationship", "cls.predictions.decoder.bias"});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"bert.pooler.dense", "classifier", "qa_outputs", "cls.predictions"});
}

} // namespace

template <class T>
const ModelFamily<T>& bertFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& bertFamily<float>();
template const ModelFamily<double>& bertFamily<double>();

} // namespace lora
