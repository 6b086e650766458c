#include "core/models/family_parts.h"

namespace lora {

template <class T>
std::unique_ptr<TaskHead<T>> makeEncoderHead(const ModelConfig& config, TaskType task, std::int64_t numLabels,
                                             EncoderHeadNames names, Parameter<T>& word)
{
    switch (task) {
    case TaskType::TokenClassification:
        return std::make_unique<TokenHead<T>>(task, "classifier", config.hiddenSize, numLabels);
    case TaskType::QuestionAnswering:
        return std::make_unique<TokenHead<T>>(task, "qa_outputs", config.hiddenSize, 2);
    case TaskType::MaskedLm:
    case TaskType::CausalLm:
        names.vocabulary.hidden = config.hiddenSize;
        names.vocabulary.normEpsilon = config.layerNormEps;
        names.vocabulary.isTied = config.tieWordEmbeddings;
        return std::make_unique<VocabularyHead<T>>(names.vocabulary, word);
    default:
        break;
    }
    names.sequence.hidden = config.hiddenSize;
    names.sequence.labels = numLabels;
    return std::make_unique<SequenceHead<T>>(task, names.sequence);
}

template <class T>
std::unique_ptr<TaskHead<T>> makeDecoderHead(const ModelConfig& config, TaskType task, std::int64_t numLabels,
                                             const std::string& tokenClassifier, Parameter<T>& word)
{
    if (task == TaskType::CausalLm) {
        VocabularyHeadShape shape;
        shape.hidden = config.hiddenSize;
        shape.decoderName = "lm_head";
        shape.isTied = config.tieWordEmbeddings;
        return std::make_unique<VocabularyHead<T>>(shape, word);
    }
    if (task == TaskType::TokenClassification)
        return std::make_unique<TokenHead<T>>(task, tokenClassifier, config.hiddenSize, numLabels);
    SequenceHeadShape shape;
    shape.hidden = config.hiddenSize;
    shape.labels = numLabels;
    shape.isLastToken = true;
    shape.classifierName = "score";
    shape.classifierBias = Bias::None;
    return std::make_unique<SequenceHead<T>>(task, shape);
}

bool startsWithAny(std::string_view name, std::initializer_list<std::string_view> beginnings)
{
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view beginning) { return name.starts_with(beginning); });
}

std::optional<std::string> normalizedName(std::string name, std::string_view prefix,
                                          std::initializer_list<std::string_view> roots,
                                          std::initializer_list<std::string_view> dropped)
{
    if (name.ends_with("LayerNorm.gamma"))
        name.replace(name.size() - 5, 5, "weight");
    else if (name.ends_with("LayerNorm.beta"))
        name.replace(name.size() - 4, 4, "bias");
    for (const std::string_view part : dropped)
        if (name.find(part) != std::string::npos)
            return std::nullopt;
    if (startsWithAny(name, roots))
        name.insert(0, prefix);
    return name;
}

#define INSTANTIATE(T)                                                                                       \
    template std::unique_ptr<TaskHead<T>> makeEncoderHead<T>(const ModelConfig&, TaskType, std::int64_t,     \
                                                             EncoderHeadNames, Parameter<T>&);               \
    template std::unique_ptr<TaskHead<T>> makeDecoderHead<T>(const ModelConfig&, TaskType, std::int64_t,     \
                                                             const std::string&, Parameter<T>&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

} // namespace lora
