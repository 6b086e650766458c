#include "core/experiment/experiment_runner.h"

#include "core/base/error.h"
#include "core/base/process_memory.h"
#include "core/base/quantity_text.h"
#include "core/cost/calibration.h"
#include "core/cost/flop_ledger.h"
#include "core/experiment/experiment_preparation.h"
#include "core/export/export_record.h"
#include "core/export/model_folder.h"
#include "core/io/mapped_file.h"
#include "core/lora/training_plan.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_recorder.h"
#include "core/train/trainer.h"

#include <chrono>
#include <fmt/chrono.h>

namespace lora {

namespace {

/// Passes a run's events on to the recorder, which keeps them, and then to the caller's observer. Asks for
/// the energy taken often enough for its counters.
class RecordingObserver : public TrainingObserver
{
public:
    RecordingObserver(RunRecorder& recorder, TrainingObserver& observer, EnergyMeter& energy)
        : m_recorder(recorder)
        , m_observer(observer)
        , m_energy(energy)
    {}

    void onStart(const RunStart& start) override
    {
        m_recorder.onStart(start);
        m_observer.onStart(start);
    }
    void onStep(const StepMetrics& metrics) override
    {
        m_recorder.onStep(metrics);
        m_observer.onStep(metrics);
        readCounters();
    }
    void onEvaluationProgress(std::int64_t done, std::int64_t total) override
    {
        m_observer.onEvaluationProgress(done, total);
        readCounters();
    }
    void onEvaluation(const EvalMetrics& metrics) override
    {
        m_recorder.onEvaluation(metrics);
        m_observer.onEvaluation(metrics);
    }
    void onExampleOutcomes(std::int64_t step, const ExampleOutcomes& outcomes) override
    {
        m_recorder.onExampleOutcomes(step, outcomes);
        m_observer.onExampleOutcomes(step, outcomes);
    }
    void onPrefixProgress(std::int64_t done, std::int64_t total) override
    {
        m_observer.onPrefixProgress(done, total);
        readCounters();
    }
    void onPause(bool isPaused) override { m_observer.onPause(isPaused); }
    void onMessage(const std::string& text) override { m_observer.onMessage(text); }

private:
    void readCounters()
    {
        constexpr std::chrono::seconds between(10);
        const auto now = std::chrono::steady_clock::now();
        if (now - m_lastRead < between)
            return;
        m_lastRead = now;
        m_energy.joules();
    }

    RunRecorder& m_recorder;
    TrainingObserver& m_observer;
    EnergyMeter& m_energy;
    std::chrono::steady_clock::time_point m_lastRead = std::chrono::steady_clock::now();
};

WorkCounts workOf(const TrainerState& state, TaskType task)
{
    WorkCounts work;
    work.tokens = static_cast<double>(state.tokens);
    work.tokenPairs = state.tokenPairs;
    work.sequences = static_cast<double>(state.sequences);
    work.steps = static_cast<double>(state.step);
    work.labelledTokens = isLanguageModelling(task) ? static_cast<double>(state.labelledItems) : 0;
    work.labelledPairs = state.labelledPairs;
    return work;
}

void noteEstimate(const ExperimentData& prepared, const Trainer& trainer, const CostReport& cost,
                  RunSummary& summary)
{
    const double epochs = static_cast<double>(trainer.totalSteps()) /
                          std::max(1.0, std::ceil(static_cast<double>(prepared.data.train.size()) /
                                                  (prepared.experiment.training.perDeviceTrainBatchSize *
                                                   prepared.experiment.training.gradientAccumulationSteps)));
    summary.estimatedSeconds = cost.method.secondsPerEpoch * epochs;
    summary.estimatedMemoryBytes = cost.method.memory.total();
    summary.estimatedFlops = cost.method.flopsPerEpoch * epochs;
    summary.trainableParameters = cost.method.parameters.trainable;
    summary.totalParameters = cost.method.parameters.total;
}

void noteWork(const ExperimentData& prepared, const TrainerState& state, bool isCheckpointing,
              RunSummary& summary)
{
    const ExperimentConfig& experiment = prepared.experiment;
    const ModelParts parts = partsOf(prepared.summary, experiment.task);
    const WorkCounts work = workOf(state, experiment.task);
    // Rows kept between the layers were computed once, or not at all where an earlier run left them.
    WorkCounts belowCut = work;
    belowCut.tokens = static_cast<double>(state.tokensBelowCut);
    belowCut.tokenPairs = state.tokenPairsBelowCut;
    belowCut.isForAllRows = state.isPrefixKept;
    const auto ledgerOf = [&](const MethodConfig& method) {
        return trainingLedger(prepared.summary, experiment.task, planTraining(method, parts),
                              isCheckpointing);
    };
    summary.flops = ledgerOf(experiment.method).total(work, belowCut).total();
    summary.flopsFullFineTuning = ledgerOf({MethodType::Full, {}}).total(work).total();
    summary.peakMemoryBytes = peakResidentBytes();
}

void noticeCheckpointing(const ExperimentConfig& experiment, const MemoryBytes& memory, double machineBytes,
                         TrainingObserver& observer)
{
    observer.onMessage(fmt::format(
        "Gradient checkpointing: {}; activations are computed once more instead of kept. Training is "
        "estimated to need {} of this machine's {} so.",
        experiment.training.gradientCheckpointing ? "on" : "switched on, because memory is short",
        bytesText(memory.total()), bytesText(machineBytes)));
}

/// A few rows to compare an export's logits over.
TokenizedDataset probeOf(const LoadedData& data)
{
    const TokenizedDataset& rows = data.eval.size() > 0 ? data.eval : data.train;
    TokenizedDataset probe;
    probe.labelNames = rows.labelNames;
    constexpr std::size_t probeRows = 16;
    probe.examples.assign(rows.examples.begin(), rows.examples.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                             probeRows, rows.size())));
    return probe;
}

/// Writes adapter/ for LoRA, model/ otherwise, and returns the size of the weights' file.
std::int64_t writeResult(const ExperimentData& prepared, LanguageModel<float>& model,
                         const std::filesystem::path& runFolder, TrainingObserver& observer)
{
    std::error_code error;
    if (prepared.experiment.method.type != MethodType::Lora) {
        writeModelFolder(runFolder / "model", model, prepared.modelFolder);
        return static_cast<std::int64_t>(
            std::filesystem::file_size(runFolder / "model" / "model.safetensors", error));
    }
    const std::filesystem::path folder = runFolder / "adapter";
    writePeftAdapter(folder, model, prepared.experiment.method.lora, prepared.experiment.model);
    const ExportCertificate certificate =
        checkPeftAdapter(folder, prepared.modelFolder, model, probeOf(prepared.data));
    recordExport(runFolder, certificate);
    observer.onMessage(fmt::format("Adapter written and read back; largest difference of a logit: {:.2g}.",
                                   certificate.maxAbsLogitDifference));
    return static_cast<std::int64_t>(std::filesystem::file_size(folder / "adapter_model.safetensors", error));
}

std::unique_ptr<RunRecorder> openRecorder(const RunRequest& request, const ExperimentData& prepared,
                                          const ExperimentModel& model, std::int64_t checkpointStep)
{
    if (request.isResumed)
        return RunRecorder::resume(request.runFolder, checkpointStep);
    RunOrigin origin;
    origin.experiment = prepared.experiment;
    origin.modelHash = model.hash;
    origin.trainHash = prepared.data.train.hash;
    origin.evalHash = prepared.data.eval.hash;
    origin.labelNames = prepared.data.train.labelNames;
    return std::make_unique<RunRecorder>(request.runFolder, origin);
}

/// Data files may have changed between a run's start and its resumption: it would not be the same run any
/// more.
void checkUnchanged(const std::filesystem::path& runFolder, const ExperimentData& prepared)
{
    const RunHashes hashes = readRunHashes(runFolder);
    if (!hashes.train.empty() && hashes.train != prepared.data.train.hash)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{} has changed since this run began", prepared.experiment.data.train),
                    "Restore the file, or start a new run.");
}

} // namespace

RunOutcome runExperiment(const RunRequest& request, TrainingObserver& observer, TrainingControl& control)
{
    resetPeakResidentBytes();
    ExperimentData prepared = prepareData(request.experiment);
    const int threads = prepared.experiment.training.threads;
    WorkerPool pool(threads);
    trimHeap();
    const auto processBytes = static_cast<double>(residentBytes());
    const WorkloadFacts facts = workloadOf(prepared);
    const Calibration memoryAlone{.workers = pool.size(),
                                  .processBytes = processBytes,
                                  .machineBytes = static_cast<double>(physicalBytes())};
    const MethodCost plan = estimateCost(prepared.experiment, facts, memoryAlone).method;
    ExperimentModel model = prepareModel(prepared);
    PrefixCache ownCache(userBudget());
    Trainer trainer({.model = *model.model,
                     .trainable = model.trainable,
                     .train = prepared.data.train,
                     .eval = prepared.data.eval.size() > 0 ? &prepared.data.eval : nullptr,
                     .experiment = prepared.experiment,
                     .runFolder = request.runFolder,
                     .prefixCache = request.prefixCache ? request.prefixCache.get() : &ownCache,
                     .isCheckpointing = plan.isCheckpointing},
                    pool);
    if (request.isResumed) {
        checkUnchanged(request.runFolder, prepared);
        if (!trainer.resume())
            observer.onMessage("No checkpoint yet: starting from the first step.");
    }
    const std::unique_ptr<RunRecorder> recorder =
        openRecorder(request, prepared, model, trainer.state().step);
    RunSummary& summary = recorder->summary();
    // Measured when the training is over: its first step does not wait for that.
    const auto forecast = [&] {
        Calibration calibration = calibrate(prepared.summary, pool.size());
        calibration.processBytes = processBytes;
        noteEstimate(prepared, trainer, estimateCost(prepared.experiment, facts, calibration), summary);
    };
    for (const std::string& notice : prepared.notices)
        observer.onMessage(notice);
    if (plan.isCheckpointing)
        noticeCheckpointing(prepared.experiment, plan.memory, memoryAlone.machineBytes, observer);

    RunOutcome outcome;
    try {
        EnergyMeter energy(request.energyCounters);
        RecordingObserver recording(*recorder, observer, energy);
        outcome = trainer.run(recording, control);
        if (!request.isResumed) // else it would be that of a part
            summary.energyJoules = energy.joules();
        noteWork(prepared, trainer.state(), plan.isCheckpointing, summary);
        summary.adapterBytes = writeResult(prepared, *model.model, request.runFolder, observer);
        forecast();
    } catch (const Error& error) {
        outcome.status = RunStatus::Failed;
        outcome.steps = trainer.state().step;
        outcome.message = error.what();
        outcome.hint = error.hint();
        forecast();
        recorder->finish(outcome);
        observer.onEnd(outcome);
        throw;
    }
    recorder->onEnd(outcome);
    recorder->finish();
    observer.onEnd(outcome);
    return outcome;
}

std::filesystem::path newRunFolder(const std::filesystem::path& parent, const ExperimentConfig& experiment)
{
    std::string name;
    for (const char c :
         experiment.name.empty() ? std::string(toString(experiment.method.type)) : experiment.name)
        name += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
    const std::string stem =
        fmt::format("{:%Y%m%d-%H%M%S}-{}", fmt::localtime(std::time(nullptr)), name.substr(0, 60));
    std::filesystem::path folder = parent / stem;
    std::error_code error;
    for (int i = 2; std::filesystem::exists(folder, error); ++i)
        folder = parent / fmt::format("{}-{}", stem, i);
    return folder;
}

} // namespace lora
