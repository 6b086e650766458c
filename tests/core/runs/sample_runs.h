#pragma once

#include "core/runs/run_reader.h"
#include "core/runs/run_recorder.h"

#include <cmath>
#include <filesystem>
#include <string>

namespace lora::test {

inline ExperimentConfig sampleExperiment(const std::string& name = "sample")
{
    ExperimentConfig experiment;
    experiment.name = name;
    experiment.model = "builtin:encoder";
    experiment.data.train = "builtin:sentiment";
    return experiment;
}

inline RunOrigin sampleOrigin(const std::string& name = "sample")
{
    return {sampleExperiment(name), "00112233aabbccdd", "ddccbbaa33221100", "", {}};
}

inline StepMetrics sampleStep(std::int64_t step)
{
    return {step,   0.1 * static_cast<double>(step), 1.0 / static_cast<double>(step), 5e-4, 0.75,
            1234.5, 0.25 * static_cast<double>(step)};
}

inline EvalMetrics sampleEvaluation(std::int64_t step, double accuracy)
{
    return {step,
            0.1 * static_cast<double>(step),
            0.25 * static_cast<double>(step),
            {{"loss", 1 - accuracy}, {"accuracy", accuracy}}};
}

inline RunOutcome completed(std::int64_t steps)
{
    RunOutcome outcome;
    outcome.steps = steps;
    outcome.epochs = 0.1 * static_cast<double>(steps);
    outcome.trainSeconds = 0.25 * static_cast<double>(steps);
    outcome.tokensTrained = 100 * steps;
    return outcome;
}

/// Evaluation at step 0, `steps` steps, evaluation at the last; not finished.
inline void playSteps(TrainingObserver& observer, std::int64_t steps)
{
    observer.onStart({steps, 0, 320, 64, "accuracy"});
    observer.onEvaluation(sampleEvaluation(0, 0.5));
    for (std::int64_t step = 1; step <= steps; ++step)
        observer.onStep(sampleStep(step));
    observer.onEvaluation(sampleEvaluation(steps, 0.875));
}

inline void recordRun(const std::filesystem::path& folder, const RunOrigin& origin = sampleOrigin(),
                      std::int64_t steps = 4)
{
    RunRecorder recorder(folder, origin);
    playSteps(recorder, steps);
    recorder.finish(completed(steps));
}

} // namespace lora::test
