#include "core/train/trainer.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
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

/// What is kept, where and why it need not be computed again.
std::string prefixNotice(const PrefixResult& result, const std::string& rowsName)
{
    const PrefixRows& rows = result.states->rows();
    const PrefixBlock& block = result.states->block();
    const std::string size = bytesText(static_cast<double>(block.bytes()));
    std::string place = fmt::format("in memory ({})", size);
    if (block.place() == PrefixPlace::TemporaryFile)
        place = fmt::format("in a temporary file ({})", size);
    if (block.place() == PrefixPlace::KeptFile)
        place = fmt::format("in {} ({})", block.path().string(), size);
    const char* origin = "computed once";
    if (result.origin == PrefixResult::Origin::Shared)
        origin = "computed by an earlier run of this program";
    if (result.origin == PrefixResult::Origin::Kept)
        origin = "computed by an earlier session";
    return fmt::format(
        "Prefix cache: the first {} layers are frozen; what they make of the {} {} rows is {} and "
        "kept {}.",
        rows.layer, rows.examples(), rowsName, origin, place);
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

bool Trainer::resume()
{
    const std::vector<std::int64_t> steps = checkpointSteps(m_inputs.runFolder);
    if (steps.empty())
        return false;
    const int workers = m_state.workers;
    m_state = loadCheckpoint(checkpointFolder(m_inputs.runFolder, steps.back()), m_inputs.trainable,
                             m_step.optimizer());
    m_inputs.model.refreshMagnitudes();
    if (m_state.workers != workers)
        throw Error(
            ErrorKind::BadUsage,
            fmt::format("this run was started with {} worker(s), now there are {}", m_state.workers, workers),
            fmt::format("Resume with --set training.threads={} to get the same bits.", m_state.workers));
    m_savedStep = m_state.step;
    m_clockOffset = m_state.seconds;
    return true;
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

bool Trainer::preparePrefix(TrainingObserver& observer, TrainingControl& control)
{
    const bool isStepLeft = m_state.step < m_totalSteps && !isPatienceOver();
    const PrefixUse use =
        planPrefix(m_config.prefixCache,
                   prefixFacts(m_inputs.model, m_config, m_inputs.train, m_loader.epochsAfter(m_totalSteps)));
    if (use.isDropoutInTheWay && isStepLeft)
        observer.onMessage(fmt::format(
            "Prefix cache: not used in training, because the model's dropout changes what the frozen layers "
            "give in every epoch. With training.hidden_dropout 0 they would run once instead of {} times.",
            m_loader.epochsAfter(m_totalSteps)));
    if (use.isForTraining && isStepLeft) {
        const Stopwatch stopwatch;
        const PrefixResult result = obtainPrefix(m_inputs.train, "training", observer, control);
        countPrefix(result, stopwatch.seconds());
        if (result.isStopped)
            return false;
        m_trainPrefix = result.states;
        m_step.startFrom(m_trainPrefix ? &m_trainPrefix->rows() : nullptr);
    }
    if (use.isForEvaluation && m_evaluator && (isStepLeft || m_state.evaluatedStep != m_state.step)) {
        const PrefixResult result = obtainPrefix(*m_inputs.eval, "evaluation", observer, control);
        if (result.isStopped)
            return false;
        m_evalPrefix = result.states;
        m_evaluator->startFrom(m_evalPrefix ? &m_evalPrefix->rows() : nullptr);
    }
    return true;
}

PrefixResult Trainer::obtainPrefix(const TokenizedDataset& rows, const std::string& rowsName,
                                   TrainingObserver& observer, TrainingControl& control)
{
    PrefixCache& cache = m_inputs.prefixCache ? *m_inputs.prefixCache : m_ownCache;
    const int layer = m_inputs.model.trunk().lowestTrainable();
    PrefixResult result = cache.obtain({.model = m_inputs.model,
                                        .dataset = rows,
                                        .seed = m_config.seed,
                                        .layer = layer,
                                        .dtype = m_config.dtype,
                                        .isKept = m_config.prefixCache == "auto"},
                                       m_pool, control, [&](std::int64_t done, std::int64_t total) {
                                           observer.onPrefixProgress(done, total);
                                       });
    for (const std::string& notice : result.notices)
        observer.onMessage(notice);
    if (result.states)
        observer.onMessage(prefixNotice(result, rowsName));
    return result;
}

void Trainer::countPrefix(const PrefixResult& result, double seconds)
{
    m_state.trainSeconds += seconds;
    m_state.flops += static_cast<double>(result.flops);
    if (result.flops == 0 || result.isStopped)
        return;
    for (const TokenizedExample& example : m_inputs.train.examples) {
        const auto length = static_cast<std::int64_t>(example.inputIds.size());
        m_state.tokensBelowCut += length;
        m_state.tokenPairsBelowCut +=
            static_cast<double>(attendedPairs(length, m_inputs.model.config().isDecoder));
    }
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

bool Trainer::evaluateNow(TrainingObserver& observer, TrainingControl& control)
{
    const auto progress = [&](std::int64_t done, std::int64_t total) {
        observer.onEvaluationProgress(done, total);
    };
    m_step.giveBackActivations(); // steps and evaluations take turns with the memory
    const auto result = m_evaluator->run(Evaluator::KeepLogits::No, &control, progress);
    if (!result)
        return false;
    m_state.seconds = secondsNow();
    const EvalMetrics metrics{m_state.step, m_loader.epochsAfter(m_state.step), m_state.seconds,
                              result->metrics};
    noteEvaluation(metrics);
    observer.onEvaluation(metrics);
    if (m_state.step == 0 || !m_config.loadBestModelAtEnd || m_state.bestStep == m_state.step)
        observer.onExampleOutcomes(m_state.step, result->outcomes);
    return true;
}

void Trainer::noteEvaluation(const EvalMetrics& metrics)
{
    m_evaluations.push_back(metrics);
    m_state.evaluatedStep = metrics.step;
    const auto found = metrics.values.find(m_metric);
    if (metrics.step == 0 || found == metrics.values.end())
        return;
    const bool isBetter =
        !m_state.bestValue ||
        (isLowerBetter(m_metric) ? found->second < *m_state.bestValue : found->second > *m_state.bestValue);
    if (isBetter) {
        m_state.bestValue = found->second;
        m_state.bestStep = metrics.step;
        m_state.evaluationsWithoutGain = 0;
    } else {
        ++m_state.evaluationsWithoutGain;
    }
}

bool Trainer::isEvaluationDue() const
{
    if (m_state.step == m_totalSteps)
        return true;
    if (m_config.evalSteps)
        return m_state.step % *m_config.evalSteps == 0;
    return m_state.step % m_loader.stepsPerEpoch() == 0;
}

bool Trainer::isCheckpointDue() const
{
    if (m_config.saveSteps)
        return m_state.step % *m_config.saveSteps == 0 || m_state.bestStep == m_state.step;
    return m_state.evaluatedStep == m_state.step || m_state.step % m_loader.stepsPerEpoch() == 0;
}

bool Trainer::isPatienceOver() const
{
    return m_config.earlyStoppingPatience && m_state.evaluatedStep == m_state.step &&
           m_state.evaluationsWithoutGain >= *m_config.earlyStoppingPatience;
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

void Trainer::writeCheckpoint(TrainingObserver& observer)
{
    if (m_inputs.runFolder.empty() || m_savedStep == m_state.step || m_state.step == 0)
        return;
    saveCheckpoint(checkpointFolder(m_inputs.runFolder, m_state.step), m_inputs.trainable, m_step.optimizer(),
                   m_state);
    m_savedStep = m_state.step;
    removeOldCheckpoints();
    observer.onMessage(fmt::format("Checkpoint written at step {}.", m_state.step));
}

void Trainer::removeOldCheckpoints() const
{
    for (const std::int64_t step : checkpointSteps(m_inputs.runFolder)) {
        if (step == m_savedStep || step == m_state.bestStep)
            continue;
        std::error_code error; // a checkpoint too many harms nobody
        std::filesystem::remove_all(checkpointFolder(m_inputs.runFolder, step), error);
    }
}

void Trainer::restoreBest(TrainingObserver& observer)
{
    const bool isWanted =
        m_config.loadBestModelAtEnd && m_state.bestStep > 0 && m_state.bestStep != m_state.step;
    if (!isWanted || m_inputs.runFolder.empty())
        return;
    const std::filesystem::path folder = checkpointFolder(m_inputs.runFolder, m_state.bestStep);
    std::error_code error;
    if (!std::filesystem::exists(folder, error))
        return;
    loadCheckpointWeights(folder, m_inputs.trainable);
    m_inputs.model.refreshMagnitudes();
    observer.onMessage(
        fmt::format("The weights are those of step {}, the best {}.", m_state.bestStep, m_metric));
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
