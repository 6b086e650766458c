#include "core/models/bert_like.h"
#include "core/models/families.h"

namespace lora {

namespace {

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    const EncoderHeadNames heads{{.denseName = "classifier.dense",
                                  .denseActivation = Activation::Gelu,
                                  .hasDropoutBefore = true,
                                  .classifierName = "classifier.out_proj"},
                                 {}};
    return makeBertLike<T>(config, task, numLabels, "electra.", "embeddings_project", heads);
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    // The discriminator's and the generator's own heads belong to pretraining.
    return normalizedName(checkpointName, "electra.", {"embeddings.", "encoder.", "embeddings_project."},
                          {"position_ids", "discriminator_predictions", "generator_"});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"classifier", "qa_outputs"});
}

} // namespace

template <class T>
const ModelFamily<T>& electraFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& electraFamily<float>();
template const ModelFamily<double>& electraFamily<double>();

} // namespace lora
