#pragma once

#include "core/runs/append_file.h"
#include "core/runs/outcome_file.h"
#include "core/runs/run_record.h"
#include "core/runs/tensorboard_events.h"
#include "core/train/training_observer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace lora {

/// What a run is made from; written to experiment.json.
struct RunOrigin
{
    ExperimentConfig experiment;
    std::string modelHash;
    std::string trainHash;
    std::string evalHash;                ///< empty when split from the training file
    std::vector<std::string> labelNames; ///< class id -> name
};

/// Writes a run folder while the run goes on: experiment.json at once, metrics.jsonl and TensorBoard events
/// line by line (each reaches the file before the next step), eval_examples.jsonl at each evaluation of a
/// model to be handed over, summary.json at the end. Trouble with the disk throws lora::Error (FileSystem)
/// once, with whatever was written left whole; later calls then do nothing.
class RunRecorder : public TrainingObserver
{
public:
    /// Begins a new run; `folder` is made and must not hold a run yet.
    RunRecorder(const std::filesystem::path& folder, const RunOrigin& origin);
    /// Continues the run in `folder` from its checkpoint of `checkpointStep`: later lines and a torn last
    /// line go.
    static std::unique_ptr<RunRecorder> resume(const std::filesystem::path& folder,
                                               std::int64_t checkpointStep);

    void onStart(const RunStart& start) override;
    void onStep(const StepMetrics& metrics) override;
    void onEvaluation(const EvalMetrics& metrics) override;
    void onExampleOutcomes(std::int64_t step, const ExampleOutcomes& outcomes) override;
    void onEnd(const RunOutcome& outcome) override;

    /// What only the caller knows (parameters, memory, FLOPs, estimates) goes here before finish().
    RunSummary& summary() { return m_summary; }
    const std::filesystem::path& folder() const { return m_folder; }

    /// Writes summary.json with the outcome of onEnd, or with `outcome` when there is one. May be called
    /// again.
    void finish();
    void finish(const RunOutcome& outcome);

private:
    struct Resumption
    {
        std::int64_t checkpointStep = 0;
    };
    RunRecorder(const std::filesystem::path& folder, Resumption resumption);

    /// Runs `write` unless the disk failed before.
    template <class Write>
    void guarded(Write write);

    std::filesystem::path m_folder;
    std::unique_ptr<AppendFile> m_metrics;
    std::unique_ptr<TensorboardWriter> m_events;
    std::vector<EvalMetrics> m_evaluations;
    OutcomesByStep m_outcomes;                 ///< step 0 and the model to hand over
    std::int64_t m_evaluatedBeforeResume = -1; ///< last step whose evaluation is in the file already
    RunSummary m_summary;
    bool m_hasFailed = false;
};

} // namespace lora
