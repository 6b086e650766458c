#pragma once

#include "core/base/stopwatch.h"

#include "core/config/experiment_config.h"
#include "core/data/data_loader.h"
#include "core/lora/prefix_plan.h"
#include "core/train/checkpoint.h"
#include "core/train/divergence_monitor.h"
#include "core/train/evaluator.h"
#include "core/train/prefix_cache.h"
#include "core/train/training_control.h"
#include "core/train/training_observer.h"
#include "core/train/training_step.h"

#include <filesystem>
#include <optional>

namespace lora {

/// The optimiser as an experiment has it.
AdamWSettings adamWSettings(const TrainingConfig& config);

/// What a trainer works on; everything has to outlive it.
struct TrainerInputs
{
    LanguageModel<float>& model;
    TrainableParameters<float>& trainable;
    const TokenizedDataset& train;
    const TokenizedDataset* eval = nullptr;
    const ExperimentConfig& experiment;
    std::filesystem::path runFolder;    ///< for checkpoints; empty: none are written
    PrefixCache* prefixCache = nullptr; ///< null: one of the trainer's own, in memory
    bool isCheckpointing = false;       ///< see TrainingStep::setGradientCheckpointing
};

/// Runs an experiment's optimiser steps: schedule, evaluation, best model, early stopping, checkpoints, pause
/// and stop within one step, divergence. Blocks; knows no window and makes no thread but its workers.
class Trainer
{
public:
    Trainer(const TrainerInputs& inputs, WorkerPool& pool);

    /// Continues from the last checkpoint of the run folder; false when there is none.
    bool resume();
    RunOutcome run(TrainingObserver& observer, TrainingControl& control);

    const TrainerState& state() const { return m_state; }
    const std::vector<EvalMetrics>& evaluations() const { return m_evaluations; }
    std::int64_t totalSteps() const { return m_totalSteps; }
    const std::string& primaryMetric() const { return m_metric; }
    /// Largest activation memory of all workers so far.
    std::size_t arenaPeakBytes() const;

private:
    enum class Next { Continue, Stop };

    // trainer_prefix.cpp
    bool preparePrefix(TrainingObserver& observer, TrainingControl& control);
    PrefixResult obtainPrefix(const TokenizedDataset& rows, const std::string& rowsName,
                              TrainingObserver& observer, TrainingControl& control);
    void countPrefix(const PrefixResult& result, double seconds);
    // trainer_evaluation.cpp
    bool isEvaluationDue() const;
    bool evaluateNow(TrainingObserver& observer, TrainingControl& control);
    void noteEvaluation(const EvalMetrics& metrics);
    bool isPatienceOver() const;
    // trainer_checkpoints.cpp
    bool isCheckpointDue() const;
    void writeCheckpoint(TrainingObserver& observer);
    void removeOldCheckpoints() const;
    void restoreBest(TrainingObserver& observer);

    RunStart startOf() const;
    Next oneStep(TrainingObserver& observer);
    void countWork(std::int64_t tokens);
    void honourPause(TrainingObserver& observer, TrainingControl& control);
    RunOutcome outcome(RunStatus status) const;
    std::string tensorWithBadGradient();
    double secondsNow() const;

    TrainerInputs m_inputs;
    const TrainingConfig& m_config;
    WorkerPool& m_pool;
    DataLoader m_loader;
    TrainingStep<float> m_step;
    std::optional<Evaluator> m_evaluator;
    PrefixCache m_ownCache;
    std::shared_ptr<const PrefixStates> m_trainPrefix, m_evalPrefix;
    std::int64_t m_totalSteps;
    std::string m_metric;
    TrainerState m_state;
    std::vector<EvalMetrics> m_evaluations;
    DivergenceMonitor m_divergence;
    std::vector<Batch> m_group;
    std::int64_t m_savedStep = -1;
    Stopwatch m_clock;
    double m_clockOffset = 0; ///< seconds of earlier stretches, minus pauses
    std::string m_divergedBecause;
    std::int64_t m_divergedStep = 0;
};

} // namespace lora
