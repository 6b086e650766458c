#include "core/experiment/experiment_preparation.h"

#include "core/base/error.h"
#include "core/config/config_issue.h"
#include "core/data/collator.h"
#include "core/data/tokenized_reader.h"
#include "core/data/vocabulary_use.h"
#include "core/lora/adapter_files.h"
#include "core/lora/adapter_injection.h"
#include "core/math/gemm.h"
#include "core/models/model_loader.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>

namespace lora {

namespace {

void checkLength(const ExperimentConfig& experiment, const ModelSummary& summary)
{
    if (experiment.data.maxLength > summary.maxPositions)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("data.max_length is {}, but {} has {} positions", experiment.data.maxLength,
                                experiment.model, summary.maxPositions),
                    fmt::format("Set data.max_length to {} or less.", summary.maxPositions));
}

/// A checkpoint that was trained on the same labels keeps its own order of ids: its classifier's rows mean
/// them.
void followLabelOrder(const std::vector<std::string>& modelLabels, TokenizedDataset& dataset)
{
    if (modelLabels == dataset.labelNames)
        return;
    std::vector<std::int32_t> modelIds;
    for (const std::string& name : dataset.labelNames)
        modelIds.push_back(
            static_cast<std::int32_t>(std::ranges::find(modelLabels, name) - modelLabels.begin()));
    const auto follow = [&](std::int32_t& label) {
        if (label >= 0)
            label = modelIds[static_cast<std::size_t>(label)];
    };
    for (TokenizedExample& example : dataset.examples) {
        follow(example.classLabel);
        std::ranges::for_each(example.tokenLabels, follow);
        const std::vector<float> targets = example.targets;
        for (std::size_t i = 0; i < targets.size(); ++i)
            example.targets[static_cast<std::size_t>(modelIds[i])] = targets[i];
    }
    dataset.labelNames = modelLabels;
}

bool haveSameLabels(const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    return a.size() == b.size() &&
           std::set<std::string>(a.begin(), a.end()) == std::set<std::string>(b.begin(), b.end());
}

/// Already tokenised rows name their classes by number alone; model and adapter may know of more.
std::int64_t labelCount(const ExperimentData& prepared, const std::vector<std::string>& modelLabels)
{
    auto count = static_cast<std::int64_t>(prepared.data.train.labelNames.size());
    if (!prepared.data.isTokenized)
        return count;
    if (prepared.initialAdapter)
        count = std::max(count,
                         adapterLabelCount(openAdapterTensors(*prepared.experiment.method.lora.initAdapter)));
    return std::max({count, static_cast<std::int64_t>(modelLabels.size()), std::int64_t{2}});
}

void growLabelNames(TokenizedDataset& dataset, const std::vector<std::string>& modelLabels,
                    std::int64_t count)
{
    const bool isModels = static_cast<std::int64_t>(modelLabels.size()) == count;
    for (auto id = static_cast<std::int64_t>(dataset.labelNames.size()); id < count; ++id)
        dataset.labelNames.push_back(isModels ? modelLabels[static_cast<std::size_t>(id)]
                                              : std::to_string(id));
}

void readInitialAdapter(ExperimentData& prepared)
{
    LoraConfig& lora = prepared.experiment.method.lora;
    if (prepared.experiment.method.type != MethodType::Lora || !lora.initAdapter)
        return;
    prepared.initialAdapter = readPeftConfig(*lora.initAdapter);
    const std::string folder = *lora.initAdapter;
    const double dropoutProbability = lora.loraDropout;
    const std::string bias = lora.bias;
    const auto ratio = lora.loraplusLrRatio;
    const bool isAFrozen = lora.loraFa;
    lora = prepared.initialAdapter->lora;
    lora.loraplusLrRatio = ratio;
    lora.loraFa = isAFrozen;
    lora.initAdapter = folder;
    lora.loraDropout = dropoutProbability;
    if (bias != "none")
        lora.bias = bias;
    prepared.notices.push_back(
        fmt::format("Continuing from {}: rank, alpha and targets are the adapter's own.", folder));
}

void settleLabels(ExperimentData& prepared, const std::vector<std::string>& modelLabels)
{
    const TaskType task = prepared.experiment.task;
    prepared.numLabels = outputCount(task, static_cast<std::int64_t>(prepared.data.train.labelNames.size()));
    if (!hasLabelNames(task))
        return;
    // Rows of several labels have one entry for each: their number is certain.
    const bool isMulti = task == TaskType::MultiLabelClassification;
    if (!isMulti)
        prepared.numLabels = labelCount(prepared, modelLabels);
    for (TokenizedDataset* dataset : {&prepared.data.train, &prepared.data.eval}) {
        if (prepared.data.isTokenized && !isMulti)
            growLabelNames(*dataset, modelLabels, prepared.numLabels);
        else if (!prepared.data.isTokenized && haveSameLabels(modelLabels, dataset->labelNames))
            followLabelOrder(modelLabels, *dataset);
    }
}

/// What adapting an output layer that shares the word embeddings' weight means for what comes out of the run.
std::vector<std::string> outputLayerNotices(const TrainingPlan& plan, const ModelParts& parts)
{
    if (parts.tiedModule.empty())
        return {};
    const std::string shared = fmt::format("{} shares its weight with the word embeddings", parts.tiedModule);
    if (plan.adapterOf(parts.tiedModule))
        return {fmt::format(
            "{}: the adapter changes the output alone. A merged model gets an output layer of its own "
            "(tie_word_embeddings false), and llama.cpp cannot load such an adapter.",
            shared)};
    if (plan.untiedModule.empty())
        return {};
    return {fmt::format(
        "{}: it is trained as a copy, the embeddings stay. The copy is saved whole, and a merged model "
        "has tie_word_embeddings false.",
        shared)};
}

/// Layers of random weights that nothing trains: most masked-LM checkpoints lack a pooler, and on top of one
/// that stays random little is learnt.
std::vector<std::string> frozenAtRandomNotices(const TrainingPlan& plan, const ModelSummary& model)
{
    std::vector<std::string> notices;
    for (const ModuleInfo& module : model.modules)
        if (module.isMissing && !plan.isTrained(module.name + ".weight") && !plan.adapterOf(module.name))
            notices.push_back(fmt::format("{} is newly initialised and stays random: name \"{}\" in "
                                          "method.modules_to_save to train it.",
                                          module.name, savedModuleName(module.name)));
    return notices;
}

/// Rounds what is frozen where the experiment asks for it.
void applyDtype(ExperimentData& prepared, LanguageModel<float>& model)
{
    if (prepared.experiment.training.dtype != "bfloat16")
        return;
    if (prepared.experiment.method.type == MethodType::Full)
        prepared.notices.push_back(
            "training.dtype is bfloat16, but full fine-tuning freezes nothing: everything stays float32.");
    else
        model.useBFloat16();
}

} // namespace

std::unique_ptr<Tokenizer> tokenizerOf(const std::filesystem::path& modelFolder)
{
    std::error_code error;
    for (const char* name : {"tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt"})
        if (std::filesystem::exists(modelFolder / name, error))
            return loadTokenizer(modelFolder);
    return nullptr;
}

std::int64_t outputCount(TaskType task, std::int64_t labels)
{
    switch (task) {
    case TaskType::SequenceClassification:
    case TaskType::TokenClassification:
        return std::max<std::int64_t>(2, labels);
    case TaskType::MultiLabelClassification:
        return std::max<std::int64_t>(1, labels);
    case TaskType::Regression:
        return 1;
    case TaskType::QuestionAnswering:
        return 2;
    case TaskType::CausalLm:
    case TaskType::MaskedLm:
        break;
    }
    return 0;
}

ExperimentData prepareData(const ExperimentConfig& experiment)
{
    throwOnErrors(validate(experiment), "experiment");
    ExperimentData prepared;
    prepared.experiment = experiment;
    if (experiment.training.dtype == "bfloat16" && !hasBFloat16Products())
        throw Error(ErrorKind::Unsupported,
                    "training.dtype is bfloat16, but this processor has no bfloat16 products (AVX512-BF16)",
                    "Set training.dtype to float32.");
    prepared.modelFolder = modelFolder(experiment.model);
    const ModelConfig config = readModelConfig(prepared.modelFolder);
    prepared.tokenizer = tokenizerOf(prepared.modelFolder);
    readInitialAdapter(prepared);
    prepared.data =
        loadDataset(experiment.data, experiment.task, prepared.tokenizer.get(), experiment.training.seed);
    settleLabels(prepared, config.labelNames);
    prepared.summary = describeModel(experiment.model, experiment.task, prepared.numLabels);
    const ModelParts parts = partsOf(prepared.summary, experiment.task);
    if (adoptUsualTargets(prepared.experiment.method, parts))
        prepared.notices.push_back(fmt::format(
            "method.target_modules is not set: {}, as PEFT takes in this family.",
            fmt::join(std::get<std::vector<std::string>>(prepared.experiment.method.lora.targetModules),
                      ", ")));
    const TrainingPlan plan = planTraining(prepared.experiment.method, parts);
    for (const auto& notices :
         {outputLayerNotices(plan, parts), frozenAtRandomNotices(plan, prepared.summary)})
        prepared.notices.insert(prepared.notices.end(), notices.begin(), notices.end());
    if (!prepared.data.isTokenized)
        checkLength(experiment, prepared.summary);
    const InputLimits limits{config.vocabSize, config.maxPositionEmbeddings, config.typeVocabSize};
    checkTokenIds(prepared.data.train, limits);
    checkTokenIds(prepared.data.eval, limits);
    prepared.notices.insert(prepared.notices.end(), prepared.data.notices.begin(),
                            prepared.data.notices.end());
    return prepared;
}

WorkloadFacts workloadOf(const ExperimentData& prepared)
{
    const TokenizedDataset* const rows[] = {&prepared.data.train, &prepared.data.eval};
    const ModelSummary& model = prepared.summary;
    return {.model = model,
            .numLabels = prepared.numLabels,
            .trainLengths = prepared.data.train.lengths(),
            .evalTokens = static_cast<double>(prepared.data.eval.tokens()),
            .isHiddenAnew = prepared.data.train.masking.has_value(),
            .labelledShare = labelledShare(prepared.data.train, prepared.experiment.task),
            .vocabularyShare =
                vocabularyShare(rows, model.vocabSize, 4 * model.parameterList.front().shape.back())};
}

ExperimentModel prepareModel(ExperimentData& prepared)
{
    const ExperimentConfig& experiment = prepared.experiment;
    LoadedModel<float> loaded =
        loadModel<float>(prepared.modelFolder, experiment.task, prepared.numLabels, experiment.training.seed);
    LanguageModel<float>& model = *loaded.model;
    model.labelNames = prepared.data.train.labelNames;
    if (const auto& dropoutProbability = experiment.training.hiddenDropout)
        model.setDropout(*dropoutProbability, *dropoutProbability, *dropoutProbability);
    prepared.notices.insert(prepared.notices.end(), loaded.notices.begin(), loaded.notices.end());
    const MethodConfig& method = experiment.method;
    if (!prepared.initialAdapter) {
        TrainableParameters<float> trainable = applyMethod(model, method, experiment.training.seed);
        applyDtype(prepared, model);
        return {std::move(loaded.model), std::move(trainable), loaded.hash()};
    }
    loadAdapter(model, *prepared.initialAdapter, openAdapterTensors(*method.lora.initAdapter));
    for (const LinearSite<float>& site : model.linears())
        if (site.linear->adapter)
            site.linear->adapter->dropoutProbability = method.lora.loraDropout;
    TrainableParameters<float> trainable = trainableOf(model, planTraining(method, partsOf(model)));
    applyDtype(prepared, model);
    return {std::move(loaded.model), std::move(trainable), loaded.hash()};
}

} // namespace lora
