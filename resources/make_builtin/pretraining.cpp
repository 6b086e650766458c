#include "resources/make_builtin/pretraining.h"

#include "core/base/error.h"
#include "core/experiment/experiment_runner.h"
#include "core/experiment/pretraining.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora::builtin {
namespace {

namespace fs = std::filesystem;

/// Prints and keeps the losses.
class Progress : public TrainingObserver
{
public:
    void onStart(const RunStart& start) override { m_totalSteps = start.totalSteps; }
    void onStep(const StepMetrics& metrics) override
    {
        m_loss += metrics.loss;
        ++m_steps;
    }
    void onEvaluation(const EvalMetrics& metrics) override
    {
        const double trainLoss = m_steps > 0 ? m_loss / static_cast<double>(m_steps) : 0;
        log.push_back({{"step", metrics.step},
                       {"train_loss", rounded(trainLoss)},
                       {"held_out_loss", rounded(metrics.value("loss"))},
                       {"seconds", std::round(metrics.seconds)}});
        fmt::print("step {}/{}: loss {:.4f}, on held-out text {:.4f}, {:.0f} s\n", metrics.step, m_totalSteps,
                   trainLoss, metrics.value("loss"), metrics.seconds);
        std::fflush(stdout);
        m_loss = 0;
        m_steps = 0;
    }

    nlohmann::ordered_json log = nlohmann::ordered_json::array();

private:
    static double rounded(double value) { return std::round(value * 1e4) / 1e4; }

    std::int64_t m_totalSteps = 0;
    double m_loss = 0;
    std::int64_t m_steps = 0;
};

nlohmann::ordered_json recordOf(const ModelRecipe& recipe, const ExperimentConfig& experiment,
                                const nlohmann::ordered_json& log)
{
    const TrainingConfig& training = experiment.training;
    nlohmann::ordered_json record = {{"objective", toString(experiment.task)},
                                     {"texts", recipe.texts},
                                     {"max_length", experiment.data.maxLength},
                                     {"batch_size", training.perDeviceTrainBatchSize},
                                     {"steps", training.maxSteps},
                                     {"learning_rate", training.learningRate},
                                     {"lr_scheduler_type", training.lrSchedulerType},
                                     {"seed", training.seed},
                                     {"log", log}};
    record["note"] = recipe.note;
    return record;
}

/// One text a row: to a decoder a text file would be one document.
std::string toJsonLines(const std::vector<std::string>& texts)
{
    std::string lines;
    for (const std::string& text : texts)
        lines += nlohmann::json{{"text", text}}.dump() + "\n";
    return lines;
}

void keepModel(const fs::path& model, const fs::path& folder, const ModelRecipe& recipe,
               const std::string& record)
{
    writeFolderAtomically(
        folder,
        [&](const fs::path& temporary) {
            for (const auto& entry : fs::directory_iterator(model)) {
                if (entry.path().filename() != "model.safetensors")
                    fs::copy_file(entry.path(), temporary / entry.path().filename());
            }
            const SafetensorsFile weights = SafetensorsFile::open(model / "model.safetensors");
            std::vector<std::vector<float>> values;
            std::vector<TensorToWrite> tensors;
            values.reserve(weights.tensors().size());
            for (const NamedTensor& tensor : weights.tensors()) {
                values.emplace_back(static_cast<std::size_t>(tensor.elements()));
                tensor.copyTo(values.back());
                tensors.push_back({tensor.name, tensor.shape, values.back()});
            }
            writeSafetensors(temporary / "model.safetensors", std::move(tensors),
                             recipe.isHalfPrecision ? DataType::F16 : DataType::F32);
            if (recipe.isHalfPrecision) {
                auto config = nlohmann::ordered_json::parse(readFile(temporary / "config.json"));
                config["torch_dtype"] = "float16";
                writeFileAtomically(temporary / "config.json", config.dump(2) + "\n");
            }
            writeFileAtomically(temporary / "pretraining.json", record);
        },
        OtherFiles::Drop);
}

} // namespace

void pretrainModel(const fs::path& folder, const ModelRecipe& recipe, const std::vector<std::string>& texts,
                   const std::vector<std::string>& heldOut, const PretrainingOptions& options)
{
    const fs::path work = fs::absolute(folder).string() + "-work";
    fs::remove_all(work);
    makeFolder(work / "texts");
    writeFileAtomically(work / "texts" / "train.jsonl", toJsonLines(texts));
    writeFileAtomically(work / "texts" / "eval.jsonl", toJsonLines(heldOut));
    writeFileAtomically(work / "pretrain.json", pretrainingDocument(recipe, options).dump(2) + "\n");
    const NewModel made = makeNewModel(loadPretraining(work / "pretrain.json"), work / "run");
    fmt::print("{}: {} parameters, vocabulary of {}\n", recipe.name, made.parameters, made.vocabularySize);
    Progress progress;
    TrainingControl control;
    const RunOutcome outcome = runExperiment({made.experiment, work / "run", false}, progress, control);
    if (outcome.status != RunStatus::Completed)
        throw Error(ErrorKind::Internal, "pretraining did not complete: " + outcome.message, outcome.hint);
    keepModel(work / "run" / "model", folder, recipe,
              recordOf(recipe, made.experiment, progress.log).dump(2) + "\n");
    fs::remove_all(work);
}

} // namespace lora::builtin
