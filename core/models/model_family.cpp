#include "core/models/model_family.h"

#include "core/base/error.h"
#include "core/models/families.h"

#include <array>
#include <fmt/ranges.h>

namespace lora {

namespace {

constexpr std::array<TaskType, 6> encoderTasks{
    TaskType::SequenceClassification, TaskType::MultiLabelClassification, TaskType::Regression,
    TaskType::TokenClassification,    TaskType::QuestionAnswering,        TaskType::MaskedLm};
constexpr std::array<TaskType, 5> electraTasks{TaskType::SequenceClassification,
                                               TaskType::MultiLabelClassification, TaskType::Regression,
                                               TaskType::TokenClassification, TaskType::QuestionAnswering};
constexpr std::array<TaskType, 5> decoderTasks{TaskType::CausalLm, TaskType::SequenceClassification,
                                               TaskType::MultiLabelClassification, TaskType::Regression,
                                               TaskType::TokenClassification};

/// Beginning of the family's class names.
std::string classStem(const std::string& family)
{
    static const std::map<std::string, std::string> stems{
        {"bert", "Bert"},       {"roberta", "Roberta"}, {"distilbert", "DistilBert"}, {"albert", "Albert"},
        {"electra", "Electra"}, {"gpt2", "GPT2"},       {"gpt_neo", "GPTNeo"},        {"llama", "Llama"},
        {"mistral", "Mistral"}, {"qwen2", "Qwen2"}};
    return stems.at(family);
}

} // namespace

template <class T>
const ModelFamily<T>& familyOf(const ModelConfig& config)
{
    const std::string& family = config.family;
    if (family == "bert")
        return bertFamily<T>();
    if (family == "roberta")
        return robertaFamily<T>();
    if (family == "electra")
        return electraFamily<T>();
    if (family == "distilbert")
        return distilBertFamily<T>();
    if (family == "albert")
        return albertFamily<T>();
    if (family == "gpt2")
        return gpt2Family<T>();
    if (family == "gpt_neo")
        return gptNeoFamily<T>();
    if (family == "llama" || family == "mistral" || family == "qwen2")
        return llamaFamily<T>();
    throw Error(ErrorKind::Unsupported,
                fmt::format("models of the family \"{}\" are not supported", config.family));
}

template const ModelFamily<float>& familyOf<float>(const ModelConfig&);
template const ModelFamily<double>& familyOf<double>(const ModelConfig&);

std::span<const TaskType> tasksOf(const ModelConfig& config)
{
    if (config.family == "electra")
        return electraTasks;
    if (config.isDecoder)
        return decoderTasks;
    return encoderTasks;
}

void checkTask(const ModelConfig& config, TaskType task)
{
    const auto tasks = tasksOf(config);
    if (std::find(tasks.begin(), tasks.end(), task) != tasks.end())
        return;
    std::vector<std::string_view> names;
    for (const TaskType each : tasks)
        names.push_back(toString(each));
    throw Error(
        ErrorKind::BadUsage,
        fmt::format("task.type: a model of the family \"{}\" cannot do {}", config.family, toString(task)),
        fmt::format("It can do {}. {}", fmt::join(names, ", "),
                    config.isDecoder ? "For the others use an encoder such as builtin:encoder."
                                     : "For text generation use a decoder such as builtin:decoder."));
}

TaskType usualTask(const ModelConfig& config)
{
    const std::string& name = config.architecture;
    const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
    if (has("ForTokenClassification"))
        return TaskType::TokenClassification;
    if (has("ForQuestionAnswering") && !config.isDecoder)
        return TaskType::QuestionAnswering;
    if (has("ForSequenceClassification")) {
        const std::string kind =
            config.document.contains("problem_type") && config.document["problem_type"].is_string()
                ? config.document["problem_type"].get<std::string>()
                : "";
        if (kind == "regression")
            return TaskType::Regression;
        return kind == "multi_label_classification" ? TaskType::MultiLabelClassification
                                                    : TaskType::SequenceClassification;
    }
    return config.isDecoder ? TaskType::CausalLm : TaskType::SequenceClassification;
}

std::string architectureName(const ModelConfig& config, TaskType task)
{
    const std::string stem = classStem(config.family);
    switch (task) {
    case TaskType::SequenceClassification:
    case TaskType::MultiLabelClassification:
    case TaskType::Regression:
        return stem + "ForSequenceClassification";
    case TaskType::TokenClassification:
        return stem + "ForTokenClassification";
    case TaskType::QuestionAnswering:
        return stem + "ForQuestionAnswering";
    case TaskType::CausalLm:
        return stem + (config.family == "gpt2" ? "LMHeadModel" : "ForCausalLM");
    case TaskType::MaskedLm:
        break;
    }
    return stem + "ForMaskedLM";
}

} // namespace lora
