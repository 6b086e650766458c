#include "core/lora/adapter_files.h"

#include "core/base/error.h"
#include "core/lora/adapter_injection.h"
#include "core/models/model_family.h"
#include "core/models/model_loader.h"

#include <set>

namespace lora {

namespace {

constexpr std::string_view peftPrefix = "base_model.model.";

/// The model's parameter for a key of the file: PEFT's prefix off, and a base class without head lacks the
/// family's prefix.
template <class T>
Parameter<T>* findParameter(const std::map<std::string, Parameter<T>*>& parameters,
                            const ModelFamily<T>& family, const std::string& key)
{
    std::string name = key.starts_with(peftPrefix) ? key.substr(peftPrefix.size()) : key;
    // A module with an adapter calls its own weights base_layer.
    if (const std::size_t at = name.find(".base_layer."); at != std::string::npos)
        name.erase(at, std::string_view(".base_layer").size());
    if (const auto found = parameters.find(name); found != parameters.end())
        return found->second;
    const auto renamed = family.parameterName(name);
    const auto found = renamed ? parameters.find(*renamed) : parameters.end();
    return found == parameters.end() ? nullptr : found->second;
}

template <class T>
void fill(Parameter<T>& parameter, const NamedTensor& tensor, const std::string& source)
{
    if (tensor.shape != parameter.fileShape())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: tensor {} has shape {}, this model and adapter_config.json ask for {}",
                                source, tensor.name, shapeText(tensor.shape),
                                shapeText(parameter.fileShape())),
                    "The adapter belongs to another base model, or r does not match.");
    copyTensor(tensor, parameter);
}

} // namespace

std::string peftTensorName(const std::string& parameterName)
{
    return std::string(peftPrefix) + parameterName;
}

SafetensorsFile openAdapterTensors(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "adapter_model.safetensors";
    std::error_code error;
    if (!std::filesystem::exists(path, error) && std::filesystem::exists(folder / "adapter_model.bin", error))
        throw Error(ErrorKind::Unsupported,
                    fmt::format("{}: only adapter_model.bin is there", folder.string()),
                    "Save the adapter with safe_serialization=True: pickled files can run code when read.");
    return SafetensorsFile::open(path);
}

std::int64_t adapterLabelCount(const SafetensorsFile& tensors)
{
    for (const NamedTensor& tensor : tensors.tensors())
        for (const char* classifier : {".classifier.weight", ".score.weight", ".classifier.out_proj.weight"})
            if (tensor.name.ends_with(classifier) && tensor.shape.size() == 2)
                return tensor.shape[0];
    return 0;
}

template <class T>
void loadAdapter(LanguageModel<T>& model, const PeftConfig& config, const SafetensorsFile& tensors)
{
    const std::string source = tensors.path().string();
    const TrainingPlan plan = planTraining({MethodType::Lora, config.lora}, partsOf(model));
    if (!plan.untiedModule.empty())
        model.head().outputEmbedding()->untie();
    attachAdapters(model, plan.adapters, config.lora.loraDropout);
    std::map<std::string, Parameter<T>*> parameters;
    std::set<std::string> wanted;
    model.visitParameters([&](Parameter<T>& parameter) {
        parameters[parameter.name()] = &parameter;
        if (isAdapterParameter(parameter.name()) || isInSavedModule(parameter.name(), plan.savedModules))
            wanted.insert(parameter.name());
    });
    for (const NamedTensor& tensor : tensors.tensors()) {
        Parameter<T>* parameter = findParameter(parameters, familyOf<T>(model.config()), tensor.name);
        if (!parameter)
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{}: tensor {} has no place in this model", source, tensor.name),
                "adapter_config.json's target_modules do not fit the weights, or it is another base model.");
        fill(*parameter, tensor, source);
        wanted.erase(parameter->name());
    }
    if (!wanted.empty())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: {} tensor(s) are missing, the first is {}", source, wanted.size(),
                                peftTensorName(*wanted.begin())),
                    "The file is incomplete: the adapter would silently do nothing there.");
    model.refreshMagnitudes();
}

template void loadAdapter<float>(LanguageModel<float>&, const PeftConfig&, const SafetensorsFile&);
template void loadAdapter<double>(LanguageModel<double>&, const PeftConfig&, const SafetensorsFile&);

} // namespace lora
