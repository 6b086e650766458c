#include "core/models/model_family.h"

#include "core/base/error.h"
#include "core/models/bert.h"

namespace lora {

template <class T>
const ModelFamily<T>& familyOf(const ModelConfig& config)
{
    if (config.family == "bert")
        return bertFamily<T>();
    throw Error(ErrorKind::Unsupported,
                fmt::format("models of the family \"{}\" are not supported", config.family));
}

template const ModelFamily<float>& familyOf<float>(const ModelConfig&);
template const ModelFamily<double>& familyOf<double>(const ModelConfig&);

std::string architectureName(const ModelConfig& config, TaskType task)
{
    const std::string stem = config.family == "bert" ? "Bert" : "";
    switch (task) {
    case TaskType::SequenceClassification:
        return stem + "ForSequenceClassification";
    default:
        break;
    }
    return stem + "ForMaskedLM";
}

} // namespace lora
