#pragma once

#include "core/train/run_outcome.h"
#include "core/train/step_metrics.h"

#include <cstdint>
#include <string>

namespace lora {

struct ExampleOutcomes;

/// What is known when a run begins.
struct RunStart
{
    std::int64_t totalSteps = 0; ///< planned optimiser steps
    std::int64_t firstStep = 0;  ///< steps already done by the run being resumed
    std::int64_t trainExamples = 0;
    std::int64_t evalExamples = 0;
    std::string primaryMetric; ///< the key shown first, for example "accuracy"
};

/// Listens to a training run, on the training thread. Calls come in order; a slow observer slows training.
class TrainingObserver
{
public:
    virtual ~TrainingObserver() = default;

    virtual void onStart(const RunStart&) {}
    virtual void onStep(const StepMetrics&) {}
    virtual void onEvaluationProgress(std::int64_t /*done*/, std::int64_t /*total*/) {}
    virtual void onEvaluation(const EvalMetrics&) {}
    /// After onEvaluation, for the untuned model (step 0) and for every model that would be handed over if
    /// the run ended now: the best so far, or the last where the best is not asked for.
    virtual void onExampleOutcomes(std::int64_t /*step*/, const ExampleOutcomes&) {}
    /// While the layers below the cut run for the first and only time.
    virtual void onPrefixProgress(std::int64_t /*done*/, std::int64_t /*total*/) {}
    virtual void onPause(bool /*isPaused*/) {}
    /// A sentence for the user: a module newly initialised, a checkpoint written.
    virtual void onMessage(const std::string&) {}
    virtual void onEnd(const RunOutcome&) {}
};

} // namespace lora
