#include "core/models/checkpoint_match.h"
#include "core/models/model_loader.h"

namespace lora {

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

/// Every weight, and notices of what the checkpoint lacks.
void describeWeights(LanguageModel<float>& model, const ModelFamily<float>& family,
                     const std::map<std::string, const NamedTensor*>& tensors, const std::string& folder,
                     ModelSummary& summary)
{
    std::vector<std::string> missing;
    std::vector<std::string> missingBody;
    const std::map<std::string, ParameterInfo> places = placesOf(model);
    model.visitParameters([&](Parameter<float>& parameter) {
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
            failOnShape(parameter, *tensor->second, folder);
    });
    failOnMissing(missingBody, folder);
    summary.notices = missingNotices(missing);
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
    describeWeights(*model, family, tensors, folder.string(), summary);
    if (!summary.hasTokenizer)
        summary.notices.emplace_back("No tokenizer in this folder: only already tokenised data can be used.");
    return summary;
}

} // namespace lora
