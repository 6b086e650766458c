#include "core/train/trainer.h"

#include "core/base/rng.h"
#include "core/models/attended_pairs.h"
#include "core/optim/lr_scheduler.h"
#include "core/train/task_metrics.h"

#include <cmath>

namespace lora {

AdamWSettings adamWSettings(const TrainingConfig& config)
{
    return {config.adamBeta1, config.adamBeta2, config.adamEpsilon, config.weightDecay};
}

namespace {

LrScheduler schedulerOf(const TrainingConfig& config, std::int64_t totalSteps)
{
    return {config.lrSchedulerType, config.learningRate, totalSteps, config.warmupRatio};
}

} // namespace

Trainer::Trainer(const TrainerInputs& inputs, WorkerPool& pool)
    : m_inputs(inputs)
    , m_config(inputs.experiment.training)
    , m_pool(pool)
    , m_loader(inputs.train, inputs.experiment)
    , m_step(inputs.model, inputs.trainable, pool, adamWSettings(m_config), m_config.maxGradNorm)
    , m_ownCache(memoryBudget())
    , m_totalSteps(plannedSteps(m_config, m_loader.stepsPerEpoch()))
    , m_metric(m_config.metricForBestModel.value_or(std::string(metricNames(inputs.model.task()).front())))
{
    if (inputs.eval) {
        m_evaluator.emplace(inputs.model, *inputs.eval, pool, m_config.seed);
        m_evaluator->keepOutcomes();
    }
    m_step.setGradientCheckpointing(inputs.isCheckpointing);
    const MethodConfig& method = inputs.experiment.method;
    if (method.type == MethodType::Lora && method.lora.loraplusLrRatio)
        m_step.setLoraPlusRatio(*method.lora.loraplusLrRatio);
    m_state.workers = pool.size();
}

RunOutcome Trainer::run(TrainingObserver& observer, TrainingControl& control)
{
    observer.onStart(startOf());
    m_clock.restart();
    if (!preparePrefix(observer, control))
        return outcome(RunStatus::Stopped);
    // Before the first step, and where a run was stopped in the middle of an evaluation.
    const bool isEvaluationOwed = isEvaluationDue() && m_state.evaluatedStep != m_state.step;
    if (m_evaluator && isEvaluationOwed && !evaluateNow(observer, control))
        return outcome(RunStatus::Stopped);
    RunStatus status = RunStatus::Completed;
    while (m_state.step < m_totalSteps) {
        if (isPatienceOver()) {
            observer.onMessage(fmt::format("Stopped early at step {}: no better {} for {} evaluations.",
                                           m_state.step, m_metric, m_state.evaluationsWithoutGain));
            break;
        }
        honourPause(observer, control);
        if (control.isStopRequested()) {
            status = RunStatus::Stopped;
            break;
        }
        if (oneStep(observer) == Next::Stop) {
            status = RunStatus::Diverged;
            break;
        }
        if (m_evaluator && isEvaluationDue() && !evaluateNow(observer, control)) {
            status = RunStatus::Stopped;
            break;
        }
        if (isCheckpointDue() || control.takeCheckpointRequest())
            writeCheckpoint(observer);
    }
    if (status == RunStatus::Stopped)
        writeCheckpoint(observer);
    if (status != RunStatus::Diverged)
        restoreBest(observer);
    return outcome(status);
}

RunStart Trainer::startOf() const
{
    RunStart start;
    start.totalSteps = m_totalSteps;
    start.firstStep = m_state.step;
    start.trainExamples = static_cast<std::int64_t>(m_inputs.train.size());
    start.evalExamples = m_inputs.eval ? static_cast<std::int64_t>(m_inputs.eval->size()) : 0;
    start.primaryMetric = m_metric;
    return start;
}

Trainer::Next Trainer::oneStep(TrainingObserver& observer)
{
    const Stopwatch stopwatch;
    m_loader.load(m_state.step, m_group);
    const double rate = schedulerOf(m_config, m_totalSteps).at(m_state.step + 1);
    const std::uint64_t dropoutKey =
        mixBits(m_config.seed * 0x9E3779B97F4A7C15ull + static_cast<std::uint64_t>(m_state.step));
    const StepResult result = m_step.run(m_group, rate, dropoutKey);
    m_divergedBecause = m_divergence.check(result.loss, result.gradNorm);
    m_divergedStep = m_state.step + 1;
    if (!m_divergedBecause.empty() && !std::isfinite(result.loss + result.gradNorm))
        return Next::Stop; // the step was not applied
    ++m_state.step;
    const double seconds = stopwatch.seconds();
    countWork(result.tokens);
    m_state.flops += static_cast<double>(result.flops);
    m_state.trainSeconds += seconds;
    m_state.seconds = secondsNow();
    observer.onStep({.step = m_state.step,
                     .epoch = m_loader.epochsAfter(m_state.step),
                     .loss = result.loss,
                     .learningRate = rate,
                     .gradNorm = result.gradNorm,
                     .tokensPerSecond = static_cast<double>(result.tokens) / seconds,
                     .seconds = m_state.seconds});
    return m_divergedBecause.empty() ? Next::Continue : Next::Stop;
}

void Trainer::countWork(std::int64_t tokens)
{
    m_state.tokens += tokens;
    double pairs = 0;
    for (const Batch& batch : m_group) {
        m_state.sequences += static_cast<std::int64_t>(batch.sequences());
        m_state.labelledItems += static_cast<std::int64_t>(batch.labelledItems());
        m_state.labelledPairs += static_cast<double>(labelledPairs(batch, m_inputs.model.config().isDecoder));
        pairs += static_cast<double>(attendedPairs(batch, m_inputs.model.config().isDecoder));
    }
    m_state.tokenPairs += pairs;
    m_state.isPrefixKept = m_trainPrefix != nullptr;
    if (!m_trainPrefix) {
        m_state.tokensBelowCut += tokens;
        m_state.tokenPairsBelowCut += pairs;
    }
}

void Trainer::honourPause(TrainingObserver& observer, TrainingControl& control)
{
    if (!control.isPauseRequested() || control.isStopRequested())
        return;
    const Stopwatch pause;
    observer.onPause(true);
    control.waitWhilePaused(&m_inputs.model);
    observer.onPause(false);
    m_clockOffset -= pause.seconds();
}

RunOutcome Trainer::outcome(RunStatus status) const
{
    RunOutcome result;
    result.status = status;
    result.steps = m_state.step;
    result.epochs = m_loader.epochsAfter(m_state.step);
    result.trainSeconds = m_state.trainSeconds;
    result.tokensTrained = m_state.tokens;
    if (status == RunStatus::Diverged) {
        result.message = fmt::format("Diverged at step {}: {}{}.", m_divergedStep, m_divergedBecause,
                                     const_cast<Trainer*>(this)->tensorWithBadGradient());
        result.hint =
            fmt::format("Lower training.learning_rate (now {:g}), for example to {:g}, or set max_grad_norm.",
                        m_config.learningRate, m_config.learningRate / 2);
    }
    return result;
}

std::string Trainer::tensorWithBadGradient()
{
    for (Parameter<float>* parameter : m_inputs.trainable.parameters()) {
        const Matrix<float> gradient = m_step.gradients().of(*parameter);
        for (std::int64_t i = 0; i < gradient.size(); ++i)
            if (!std::isfinite(gradient.data[i]))
                return fmt::format("; first seen in the gradient of {}", parameter->name());
    }
    return {};
}

double Trainer::secondsNow() const
{
    return m_clockOffset + m_clock.seconds();
}

std::size_t Trainer::arenaPeakBytes() const
{
    return m_step.arenaPeakBytes() + (m_evaluator ? m_evaluator->arenaPeakBytes() : 0);
}

} // namespace lora
