#include "core/experiment/trained_model.h"

#include "core/base/error.h"
#include "core/data/tokenized_reader.h"
#include "core/experiment/experiment_preparation.h"
#include "core/lora/adapter_files.h"
#include "core/models/model_family.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"

#include <algorithm>

namespace lora {

namespace {

TrainedModel openFolder(const std::filesystem::path& folder,
                        const std::optional<std::filesystem::path>& adapter, TaskType task,
                        std::uint64_t seed)
{
    TrainedModel trained;
    const ModelConfig config = readModelConfig(folder);
    std::int64_t labels = outputCount(task, static_cast<std::int64_t>(config.labelNames.size()));
    std::optional<SafetensorsFile> tensors;
    if (adapter) {
        tensors = openAdapterTensors(*adapter);
        const std::int64_t saved = hasLabelNames(task) ? adapterLabelCount(*tensors) : 0;
        if (saved > 0)
            labels = saved;
    }
    LoadedModel<float> loaded = loadModel<float>(folder, task, labels, seed);
    if (adapter) {
        const PeftConfig peft = readPeftConfig(*adapter);
        loadAdapter(*loaded.model, peft, *tensors);
        trained.experiment.method.lora = peft.lora;
    } else {
        trained.notices = loaded.notices;
    }
    trained.model = std::move(loaded.model);
    trained.model->labelNames.resize(static_cast<std::size_t>(hasLabelNames(task) ? labels : 0));
    for (std::size_t id = 0; id < trained.model->labelNames.size(); ++id)
        if (trained.model->labelNames[id].empty())
            trained.model->labelNames[id] = fmt::format("LABEL_{}", id);
    trained.tokenizer = tokenizerOf(folder);
    trained.experiment.task = task;
    return trained;
}

/// The class names a run was trained with, from its folder.
std::vector<std::string> runLabels(const std::filesystem::path& runFolder)
{
    return readRunLabels(runFolder);
}

TrainedModel openRun(const std::filesystem::path& folder)
{
    const auto record = readRun(folder);
    const ExperimentConfig& experiment = record->experiment;
    std::error_code error;
    const bool hasModel = std::filesystem::is_directory(folder / "model", error);
    const bool hasAdapter = std::filesystem::is_directory(folder / "adapter", error);
    if (!hasModel && !hasAdapter)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: this run has no adapter and no model yet", folder.string()),
                    "Its training did not end; finish it with train --resume.");
    TrainedModel trained =
        hasModel ? openFolder(folder / "model", std::nullopt, experiment.task, experiment.training.seed)
                 : openFolder(modelFolder(experiment.model), folder / "adapter", experiment.task,
                              experiment.training.seed);
    const std::vector<std::string> labels = runLabels(folder);
    if (labels.size() == trained.model->labelNames.size())
        trained.model->labelNames = labels;
    const LoraConfig written = trained.experiment.method.lora;
    trained.experiment = experiment;
    // PiSSA and OLoRA were written as plain LoRA of doubled rank, and that is what the model now holds.
    LoraConfig& lora = trained.experiment.method.lora;
    if (!hasModel && lora.initLoraWeights != "true") {
        lora.initLoraWeights = "true";
        lora.r = written.r;
        lora.loraAlpha = written.loraAlpha;
        lora.rankPattern = written.rankPattern;
        lora.alphaPattern = written.alphaPattern;
    }
    trained.isRun = true;
    return trained;
}

} // namespace

TrainedModel openTrainedModel(const TrainedModelRequest& request)
{
    if (holdsRun(request.runOrModel)) {
        if (request.adapter || request.task)
            throw Error(ErrorKind::BadUsage,
                        fmt::format("{} is a run: it has its own adapter and task", request.runOrModel),
                        "Leave --adapter and --task out, or give a model folder.");
        return openRun(request.runOrModel);
    }
    const std::filesystem::path folder = modelFolder(request.runOrModel);
    const TaskType task = request.task ? *request.task : usualTask(readModelConfig(folder));
    TrainedModel trained = openFolder(folder, request.adapter, task, 42);
    trained.experiment.model = request.runOrModel;
    return trained;
}

EvaluationResult evaluate(const TrainedModel& trained, const TokenizedDataset& dataset, int threads,
                          const ResultWishes& wishes)
{
    const ModelConfig& config = trained.model->config();
    checkTokenIds(dataset, {config.vocabSize, config.maxPositionEmbeddings, config.typeVocabSize});
    WorkerPool pool(threads);
    Evaluator evaluator(*trained.model, dataset, pool, trained.experiment.training.seed);
    evaluator.keepCandidates(wishes.candidates);
    if (wishes.keepsOutcomes)
        evaluator.keepOutcomes();
    return *evaluator.run(wishes.keepsLogits ? Evaluator::KeepLogits::Yes : Evaluator::KeepLogits::No);
}

} // namespace lora
