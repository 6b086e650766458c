#include "core/models/model_loader.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/process_memory.h"
#include "core/base/resources.h"
#include "core/base/rng.h"
#include "core/models/checkpoint_match.h"

#include <fmt/ranges.h>

namespace lora {

namespace {

constexpr std::string_view builtinPrefix = "builtin:";

template <class T>
void initialize(Parameter<T>& parameter, double range, std::uint64_t seed)
{
    Matrix<T> value = parameter.mutableValue();
    const bool isBias = parameter.name().ends_with(".bias");
    const bool isNorm = parameter.shape().size() == 1 && !isBias;
    Rng rng(seed, "initialize:" + parameter.name());
    for (std::int64_t i = 0; i < value.size(); ++i)
        value.data[i] = isNorm ? T(1) : isBias ? T(0) : static_cast<T>(range * rng.normal());
}

template <class T>
struct Copy
{
    Parameter<T>* parameter = nullptr;
    const NamedTensor* tensor = nullptr;
};

/// Views the file where that is possible and notes what must be copied.
template <class T>
void assign(Parameter<T>& parameter, const NamedTensor& tensor,
            const std::shared_ptr<const ModelFiles>& files, std::vector<Copy<T>>& copies)
{
    if (canView(parameter, tensor))
        parameter.view(reinterpret_cast<const T*>(tensor.bytes.data()), files);
    else
        copies.push_back({&parameter, &tensor});
}

template <class T>
void copyAll(const std::vector<Copy<T>>& copies)
{
    forEachPart(copies.size(), 1, [&](std::size_t i, std::size_t) {
        const NamedTensor& tensor = *copies[i].tensor;
        copyTensor(tensor, *copies[i].parameter);
        forgetMappedPages(tensor.bytes.data(), tensor.bytes.size());
    });
}

/// [cols, rows] as it lies in the file to [rows, cols], in squares that stay in the cache.
template <class T>
void transpose(const T* stored, const Matrix<T>& value)
{
    constexpr std::int64_t side = 32;
    for (std::int64_t r0 = 0; r0 < value.rows; r0 += side)
        for (std::int64_t c0 = 0; c0 < value.cols; c0 += side)
            for (std::int64_t r = r0; r < std::min(r0 + side, value.rows); ++r)
                for (std::int64_t c = c0; c < std::min(c0 + side, value.cols); ++c)
                    value(r, c) = stored[c * value.rows + r];
}

template <class T>
void fillHead(LanguageModel<T>& model, Parameter<T>& parameter, std::uint64_t seed)
{
    initialize(parameter, model.config().initializerRange, seed);
    model.newlyInitialized.push_back(parameter.name());
}

/// "builtin:encoder", …: the folders there are.
std::vector<std::string> builtinModels()
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(resourcesFolder() / "models", error))
        names.push_back(std::string(builtinPrefix) + entry.path().filename().string());
    if (names.empty())
        names.push_back("none are installed");
    return names;
}

} // namespace

std::filesystem::path modelFolder(const std::string& pathOrBuiltin)
{
    if (!pathOrBuiltin.starts_with(builtinPrefix))
        return pathOrBuiltin;
    const std::string name = pathOrBuiltin.substr(builtinPrefix.size());
    const std::filesystem::path folder = resourcesFolder() / "models" / name;
    std::error_code error;
    const bool isName = name.find_first_of("/\\.") == std::string::npos;
    if (!isName || !std::filesystem::is_directory(folder, error))
        throw Error(
            ErrorKind::BadUsage,
            fmt::format("there is no built-in model \"{}\" in {}", pathOrBuiltin, resourcesFolder().string()),
            fmt::format("Built-in models: {}.", fmt::join(builtinModels(), ", ")));
    return folder;
}

template <class T>
LoadedModel<T> loadModel(const std::filesystem::path& folder, TaskType task, std::int64_t numLabels,
                         std::uint64_t seed)
{
    const ModelConfig config = readModelConfig(folder);
    checkTask(config, task);
    const ModelFamily<T>& family = familyOf<T>(config);
    const auto files = std::make_shared<const ModelFiles>(openModelTensors(folder));
    LoadedModel<T> loaded;
    loaded.model = family.make(config, task, numLabels);
    LanguageModel<T>& model = *loaded.model;
    const auto tensors = tensorsByParameter(*files, family);
    // The head is filled last: only a body that is there vouches for the sizes in config.json.
    std::vector<std::string> missing;
    std::vector<Parameter<T>*> toFill;
    std::vector<Copy<T>> copies;
    model.visitParameters([&](Parameter<T>& parameter) {
        const auto found = tensors.find(parameter.name());
        const bool isHead = family.mayBeMissing(parameter.name());
        if (found == tensors.end()) {
            if (isHead)
                toFill.push_back(&parameter);
            else
                missing.push_back(parameter.name());
        } else if (found->second->shape != parameter.fileShape()) {
            // A classifier for another number of labels is replaced; a body of another shape is a broken
            // model.
            const bool isOtherLabelCount = isHead && !found->second->shape.empty() &&
                                           !parameter.shape().empty() &&
                                           found->second->shape[0] != parameter.shape()[0];
            if (!isOtherLabelCount)
                failOnShape(parameter, *found->second, folder.string());
            toFill.push_back(&parameter);
        } else {
            assign(parameter, *found->second, files, copies);
        }
    });
    failOnMissing(missing, folder.string());
    copyAll(copies);
    for (Parameter<T>* parameter : toFill)
        fillHead(model, *parameter, seed);
    model.labelNames = config.labelNames;
    loaded.files = files;
    loaded.notices = missingNotices(model.newlyInitialized);
    return loaded;
}

template <class T>
std::unique_ptr<LanguageModel<T>> createModel(const ModelConfig& config, TaskType task,
                                              std::int64_t numLabels, std::uint64_t seed)
{
    checkTask(config, task);
    auto model = familyOf<T>(config).make(config, task, numLabels);
    model->visitParameters(
        [&](Parameter<T>& parameter) { initialize(parameter, config.initializerRange, seed); });
    return model;
}

template <class T>
void copyTensor(const NamedTensor& tensor, Parameter<T>& parameter)
{
    const Matrix<T> value = parameter.mutableValue();
    const std::span<T> all(value.data, static_cast<std::size_t>(parameter.size()));
    if (!parameter.isTransposedInFiles())
        return tensor.copyTo(all);
    const bool isAligned = reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignof(T) == 0;
    if (std::is_same_v<T, float> && tensor.type == DataType::F32 && isAligned)
        return transpose(reinterpret_cast<const T*>(tensor.bytes.data()), value);
    std::vector<T> stored(all.size());
    tensor.copyTo(std::span<T>(stored));
    transpose(stored.data(), value);
}

template void copyTensor<float>(const NamedTensor&, Parameter<float>&);
template void copyTensor<double>(const NamedTensor&, Parameter<double>&);
template LoadedModel<float> loadModel<float>(const std::filesystem::path&, TaskType, std::int64_t,
                                             std::uint64_t);
template LoadedModel<double> loadModel<double>(const std::filesystem::path&, TaskType, std::int64_t,
                                               std::uint64_t);
template std::unique_ptr<LanguageModel<float>> createModel<float>(const ModelConfig&, TaskType, std::int64_t,
                                                                  std::uint64_t);
template std::unique_ptr<LanguageModel<double>> createModel<double>(const ModelConfig&, TaskType,
                                                                    std::int64_t, std::uint64_t);

} // namespace lora
