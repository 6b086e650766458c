#include "core/models/model_loader.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/process_memory.h"
#include "core/base/resources.h"
#include "core/base/rng.h"
#include "core/io/checkpoint_files.h"
#include "core/models/model_family.h"

#include <fmt/ranges.h>

namespace lora {

namespace {

constexpr std::string_view builtinPrefix = "builtin:";

/// Checkpoint tensors by the model's parameter names.
template <class T>
std::map<std::string, const NamedTensor*> tensorsByParameter(const ModelFiles& files,
                                                             const ModelFamily<T>& family)
{
    std::map<std::string, const NamedTensor*> found;
    for (const NamedTensor& tensor : files.tensors())
        if (const auto name = family.parameterName(tensor.name))
            found.emplace(*name, &tensor);
    return found;
}

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

/// Whether the parameter can use the file's bytes as they lie there.
template <class T>
bool canView(const Parameter<T>& parameter, const NamedTensor& tensor)
{
    const bool isAligned = reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignof(T) == 0;
    return std::is_same_v<T, float> && tensor.type == DataType::F32 && isAligned &&
           !parameter.isTransposedInFiles();
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
[[noreturn]] void failOnShape(const Parameter<T>& parameter, const NamedTensor& tensor,
                              const std::string& folder)
{
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: tensor {} has shape {}, config.json says {}", folder, tensor.name,
                            shapeText(tensor.shape), shapeText(parameter.fileShape())),
                "config.json and the weights do not belong together; fetch both from the same model.");
}

void failOnMissing(const std::vector<std::string>& missing, const std::string& folder)
{
    if (missing.empty())
        return;
    const std::size_t shown = std::min<std::size_t>(missing.size(), 5);
    throw Error(
        ErrorKind::BadInput,
        fmt::format("{}: {} tensor(s) of the model are not in its weights: {}{}", folder, missing.size(),
                    fmt::join(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    missing.size() > shown ? ", …" : ""),
        "config.json and the weights do not belong together, or the download is incomplete.");
}

/// "bert.pooler.dense" of "bert.pooler.dense.weight"
std::string moduleOf(const std::string& parameterName)
{
    return parameterName.substr(0, parameterName.rfind('.'));
}

template <class T>
void fillHead(LanguageModel<T>& model, Parameter<T>& parameter, std::uint64_t seed)
{
    initialize(parameter, model.config().initializerRange, seed);
    model.newlyInitialized.push_back(parameter.name());
}

/// What was missing, by module; biases alone are zero, everything else is drawn at random.
std::vector<std::string> missingNotices(const std::vector<std::string>& parameters)
{
    std::vector<std::string> random;
    std::vector<std::string> zero;
    for (const std::string& name : parameters) {
        const std::string module = moduleOf(name);
        const bool isRandom =
            std::find(parameters.begin(), parameters.end(), module + ".weight") != parameters.end();
        std::vector<std::string>& modules = isRandom ? random : zero;
        if (std::find(modules.begin(), modules.end(), isRandom ? module : name) == modules.end())
            modules.push_back(isRandom ? module : name);
    }
    std::vector<std::string> notices;
    if (!random.empty())
        notices.push_back(fmt::format("Not in this checkpoint, so newly initialised at random: {}.",
                                      fmt::join(random, ", ")));
    if (!zero.empty())
        notices.push_back(fmt::format("Not in this checkpoint, so set to zero: {}.", fmt::join(zero, ", ")));
    return notices;
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

namespace {

/// "attention.self.query" of "bert.encoder.layer.0.attention.self.query": what follows the block's number.
std::string columnOf(const std::string& name, int block)
{
    const std::string number = fmt::format(".{}.", block);
    const std::size_t at = block < 0 ? std::string::npos : name.rfind(number);
    return at == std::string::npos ? name : name.substr(at + number.size());
}

/// Places of the weights inside and above the blocks by name.
std::map<std::string, ParameterInfo> placesOf(LanguageModel<float>& model)
{
    std::map<std::string, ParameterInfo> places;
    const auto note = [&](const Parameter<float>& parameter, int block, std::optional<BlockStage> stage) {
        if (parameter.exists())
            places[parameter.name()] = {parameter.name(), parameter.shape(),
                                        block >= 0 ? WeightPlace::Block : WeightPlace::AboveBlocks, block,
                                        stage};
    };
    for (const LinearSite<float>& site : model.linears()) {
        if (!site.stage)
            continue;
        note(site.linear->weight, site.block, site.stage);
        note(site.linear->bias, site.block, site.stage);
    }
    model.trunk().visitNorms([&](const NormSite<float>& site) {
        note(site.norm->weight, site.block, site.stage);
        note(site.norm->bias, site.block, site.stage);
    });
    model.visitHeadParameters([&](Parameter<float>& parameter) {
        places[parameter.name()] = {parameter.name(), parameter.shape(), WeightPlace::Head, -1, std::nullopt};
    });
    return places;
}

void describeSizes(const ModelConfig& config, ModelSummary& summary)
{
    summary.family = config.family;
    summary.architecture = config.architecture;
    const auto tasks = tasksOf(config);
    summary.tasks.assign(tasks.begin(), tasks.end());
    summary.numLayers = config.numHiddenLayers;
    summary.numBlocks = config.isLayerShared ? 1 : config.numHiddenLayers;
    summary.hiddenSize = config.hiddenSize;
    summary.numHeads = config.numAttentionHeads;
    summary.numKeyValueHeads = config.numKeyValueHeads;
    summary.headDim = config.headDim;
    summary.intermediateSize = config.intermediateSize;
    summary.vocabSize = config.vocabSize;
    summary.maxPositions = config.maxPositionEmbeddings;
    summary.isDecoder = config.isDecoder;
    summary.dropout = std::max(config.hiddenDropoutProb, config.attentionProbsDropoutProb);
}

bool hasTokenizerFile(const std::filesystem::path& folder)
{
    std::error_code error;
    const auto has = [&](const char* name) { return std::filesystem::exists(folder / name, error); };
    return has("tokenizer.json") || has("tokenizer.model") || has("vocab.txt") ||
           (has("vocab.json") && has("merges.txt"));
}

ModuleInfo describeModule(const LinearSite<float>& site, const Linear<float>* outputEmbedding)
{
    ModuleInfo info;
    info.name = site.linear->name();
    info.inFeatures = site.linear->inFeatures();
    info.outFeatures = site.linear->outFeatures();
    info.block = site.block;
    info.column = columnOf(info.name, site.block);
    info.isHead = site.isHead;
    info.stage = site.stage;
    info.isQuery = site.isQuery;
    info.isOutputEmbedding = site.linear == outputEmbedding;
    info.isTied = site.linear->isTied();
    return info;
}

} // namespace

ModelSummary describeModel(const std::string& pathOrBuiltin, std::optional<TaskType> wantedTask,
                           std::int64_t numLabels)
{
    const std::filesystem::path folder = modelFolder(pathOrBuiltin);
    const ModelConfig config = readModelConfig(folder);
    const TaskType task = wantedTask.value_or(usualTask(config));
    checkTask(config, task);
    const ModelFamily<float>& family = familyOf<float>(config);
    const ModelFiles files = openModelTensors(folder);
    if (numLabels == 0)
        numLabels = task == TaskType::Regression
                        ? 1
                        : std::max<std::int64_t>(2, static_cast<std::int64_t>(config.labelNames.size()));
    const auto model = family.make(config, task, numLabels);
    const auto tensors = tensorsByParameter(files, family);

    ModelSummary summary;
    describeSizes(config, summary);
    summary.path = pathOrBuiltin;
    summary.task = task;
    summary.parameters = model->parameterCount();
    summary.fileBytes = static_cast<std::int64_t>(files.totalBytes());
    summary.hasTokenizer = hasTokenizerFile(folder);
    for (const LinearSite<float>& site : model->linears()) {
        summary.modules.push_back(describeModule(site, model->head().outputEmbedding()));
        summary.modules.back().isMissing =
            !site.linear->isTied() && !tensors.contains(site.linear->weight.name());
    }
    std::vector<std::string> missing;
    std::vector<std::string> missingBody;
    const std::map<std::string, ParameterInfo> places = placesOf(*model);
    model->visitParameters([&](Parameter<float>& parameter) {
        const auto place = places.find(parameter.name());
        summary.parameterList.push_back(place != places.end()
                                            ? place->second
                                            : ParameterInfo{parameter.name(), parameter.shape(),
                                                            WeightPlace::Embeddings, -1, std::nullopt});
        const auto tensor = tensors.find(parameter.name());
        summary.parameterList.back().isMapped = tensor != tensors.end() &&
                                                tensor->second->shape == parameter.fileShape() &&
                                                canView(parameter, *tensor->second);
        const bool isBody = !family.mayBeMissing(parameter.name());
        if (tensor == tensors.end())
            (isBody ? missingBody : missing).push_back(parameter.name());
        else if (isBody && tensor->second->shape != parameter.fileShape())
            failOnShape(parameter, *tensor->second, folder.string());
    });
    failOnMissing(missingBody, folder.string());
    summary.notices = missingNotices(missing);
    if (!summary.hasTokenizer)
        summary.notices.push_back("No tokenizer in this folder: only already tokenised data can be used.");
    return summary;
}

} // namespace lora
