#include "core/experiment/adapter_source.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/data/dataset_loader.h"
#include "core/experiment/experiment_preparation.h"
#include "core/lora/peft_config.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"

#include <algorithm>
#include <fmt/format.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

std::optional<TaskType> taskOf(const PeftConfig& config)
{
    for (const TaskType task : allTasks()) // the first with this task_type
        if (!config.taskType.empty() && peftTaskType(task) == config.taskType)
            return task;
    return std::nullopt;
}

std::string baseOf(const AdapterSourceRequest& request, const PeftConfig& config)
{
    if (request.base)
        return *request.base;
    std::error_code error;
    if (config.baseModel.empty() ||
        (!config.baseModel.starts_with("builtin:") && !fs::is_directory(config.baseModel, error)))
        throw Error(ErrorKind::BadUsage,
                    fmt::format("{}: its base model \"{}\" is no folder here", request.runOrAdapter,
                                config.baseModel),
                    "Name the model it was trained on with --base.");
    return config.baseModel;
}

} // namespace

bool holdsAdapter(const fs::path& folder)
{
    std::error_code error;
    return fs::exists(folder / "adapter_config.json", error);
}

AdapterSource openAdapterSource(const AdapterSourceRequest& request)
{
    AdapterSource source;
    const fs::path folder = request.runOrAdapter;
    if (holdsRun(folder)) {
        if (request.task)
            throw Error(ErrorKind::BadUsage, fmt::format("{} is a run: it has its own task", folder.string()),
                        "Leave --task out.");
        source.trained = openTrainedModel({folder.string(), std::nullopt, std::nullopt});
        if (holdsAdapter(folder / "adapter"))
            source.lora = readPeftConfig(folder / "adapter").lora;
        source.base = request.base.value_or(source.trained.experiment.model);
        return source;
    }
    if (!holdsAdapter(folder))
        throw Error(ErrorKind::BadUsage,
                    fmt::format("{} is neither a run nor a PEFT folder", folder.string()),
                    "A run holds experiment.json and metrics.jsonl, a PEFT folder adapter_config.json.");
    const PeftConfig config = readPeftConfig(folder);
    source.base = baseOf(request, config);
    source.trained = openTrainedModel({source.base, folder, request.task ? request.task : taskOf(config)});
    source.lora = config.lora;
    return source;
}

std::unique_ptr<LanguageModel<float>> loadBaseOf(const TrainedModel& trained, const std::string& base)
{
    const TaskType task = trained.experiment.task;
    const auto labels = static_cast<std::int64_t>(trained.model->labelNames.size());
    LoadedModel<float> loaded = loadModel<float>(modelFolder(base), task, outputCount(task, labels),
                                                 trained.experiment.training.seed);
    loaded.model->labelNames = trained.model->labelNames;
    return std::move(loaded.model);
}

TokenizedDataset evaluationRows(const TrainedModel& trained)
{
    const ExperimentConfig& experiment = trained.experiment;
    if (!trained.isRun)
        throw Error(ErrorKind::BadUsage, "only a run has data of its own to be evaluated on",
                    "Name a file with --data.");
    return loadDataset(experiment.data, experiment.task, trained.tokenizer.get(), experiment.training.seed)
        .eval;
}

TokenizedDataset randomRows(const ModelConfig& config, std::size_t rows)
{
    TokenizedDataset probe;
    probe.source = "random tokens";
    Rng rng(1, "probe");
    for (std::size_t row = 0; row < rows; ++row) {
        const auto length =
            1 +
            rng.below(static_cast<std::uint64_t>(std::min<std::int64_t>(64, config.maxPositionEmbeddings)));
        TokenizedExample& example = probe.examples.emplace_back();
        for (std::uint64_t i = 0; i < length; ++i)
            example.inputIds.push_back(
                static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(config.vocabSize))));
        example.tokenTypeIds.assign(length, 0);
    }
    return probe;
}

TokenizedDataset probeRows(const TrainedModel& trained, std::size_t rows)
{
    try {
        TokenizedDataset probe = evaluationRows(trained);
        probe.examples.resize(std::min(probe.examples.size(), rows));
        if (!probe.examples.empty())
            return probe;
    } catch (const Error&) { // its data is gone: random tokens tell two models apart as well
    }
    return randomRows(trained.model->config(), rows);
}

} // namespace lora
