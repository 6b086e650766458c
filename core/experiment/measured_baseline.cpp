#include "core/experiment/measured_baseline.h"

#include "core/base/display_text.h"
#include "core/base/error.h"
#include "core/base/process_memory.h"
#include "core/base/quantity_text.h"
#include "core/base/rng.h"
#include "core/base/stopwatch.h"
#include "core/cost/energy_meter.h"
#include "core/experiment/experiment_preparation.h"
#include "core/optim/lr_scheduler.h"
#include "core/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace lora {

namespace {

constexpr int warmUpPairs = 2; // the first steps touch memory for the first time

/// One way of training, ready to take steps.
class Contender
{
public:
    Contender(ExperimentData& prepared, WorkerPool& pool)
        : m_model(prepareModel(prepared))
        , m_step(*m_model.model, m_model.trainable, pool, adamWSettings(prepared.experiment.training),
                 prepared.experiment.training.maxGradNorm)
    {
        const MethodConfig& method = prepared.experiment.method;
        if (method.type == MethodType::Lora && method.lora.loraplusLrRatio)
            m_step.setLoraPlusRatio(*method.lora.loraplusLrRatio);
    }

    LanguageModel<float>& model() { return *m_model.model; }
    void startFrom(const PrefixRows* rows) { m_step.startFrom(rows); }

    void take(std::span<const Batch> batches, double rate, std::uint64_t step, bool isCounted,
              EnergyMeter& energy)
    {
        const std::optional<double> before = energy.joules();
        const Stopwatch stopwatch;
        const StepResult result = m_step.run(batches, rate, mixBits(step));
        const double seconds = stopwatch.seconds();
        const std::optional<double> after = energy.joules();
        if (!std::isfinite(result.loss))
            throw Error(ErrorKind::BadUsage, fmt::format("the loss is {} at step {}", result.loss, step + 1),
                        "Lower training.learning_rate.");
        if (!isCounted)
            return;
        side.seconds.push_back(seconds);
        side.flops += static_cast<double>(result.flops);
        tokens += result.tokens;
        if (before && after)
            side.joules = side.joules.value_or(0) + *after - *before;
    }

    MeasuredSide side;
    std::int64_t tokens = 0;

private:
    ExperimentModel m_model;
    TrainingStep<float> m_step;
};

/// The rows that are trained on: drawn from all of them, enough for the steps where there are so many.
TokenizedDataset drawRows(const TokenizedDataset& all, std::size_t count, std::uint64_t seed)
{
    TokenizedDataset drawn;
    drawn.masking = all.masking;
    drawn.labelNames = all.labelNames;
    drawn.hash = all.hash;
    std::vector<std::uint32_t> order(all.size());
    std::iota(order.begin(), order.end(), 0u);
    Rng rng(seed, "measured rows");
    shuffle(order, rng);
    for (std::size_t i = 0; i < std::min(count, order.size()); ++i)
        drawn.examples.push_back(all.examples[order[i]]);
    return drawn;
}

double plannedEpochs(const ExperimentConfig& experiment, const TokenizedDataset& rows)
{
    const DataLoader loader(rows, experiment);
    return loader.epochsAfter(plannedSteps(experiment.training, loader.stepsPerEpoch()));
}

/// What frozen layers give for the rows, computed now where the experiment would keep it.
std::shared_ptr<const PrefixStates> keepPrefix(const ExperimentData& prepared, Contender& method,
                                               const TokenizedDataset& rows, WorkerPool& pool,
                                               TrainingControl& control, BaselineMeasurement& measured)
{
    const TrainingConfig& training = prepared.experiment.training;
    const PrefixFacts facts = prefixFacts(method.model(), training, rows, measured.epochs);
    if (!planPrefix(training.prefixCache, facts).isForTraining)
        return {};
    PrefixCache cache(memoryBudget());
    const Stopwatch stopwatch;
    const PrefixResult result = cache.obtain({.model = method.model(),
                                              .dataset = rows,
                                              .seed = training.seed,
                                              .layer = facts.lowestLayer,
                                              .dtype = training.dtype,
                                              .isKept = false},
                                             pool, control, {});
    measured.isPrefixKept = result.states != nullptr;
    measured.prefixSeconds = stopwatch.seconds();
    measured.prefixFlops = static_cast<double>(result.flops);
    return result.states;
}

/// A pass over the drawn rows is one part in `epochs` of what they are used for, and the steps that count saw
/// `tokens` of them.
void spreadPrefix(BaselineMeasurement& measured, double rowTokens)
{
    const double share = static_cast<double>(measured.tokens) / std::max(1.0, rowTokens) / measured.epochs;
    measured.prefixSeconds *= share;
    measured.prefixFlops *= share;
    measured.method.flops += measured.prefixFlops;
    for (double& seconds : measured.method.seconds)
        seconds += measured.prefixSeconds / static_cast<double>(measured.pairs);
}

double logChoose(int n, int k)
{
    return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

} // namespace

MeasuredRatio medianWithInterval(std::vector<double> values)
{
    LORA_ASSERT(!values.empty());
    std::ranges::sort(values);
    const int n = static_cast<int>(values.size());
    const auto at = [&](int i) { return values[static_cast<std::size_t>(i)]; };
    MeasuredRatio result;
    result.ratio = n % 2 ? at(n / 2) : (at(n / 2 - 1) + at(n / 2)) / 2;
    int cut = 0; // values left out at each end
    double tail = 0;
    for (int k = 0; k < n / 2; ++k) {
        tail += std::exp(logChoose(n, k) - n * std::log(2.0));
        if (tail > 0.025)
            break;
        cut = k;
    }
    result.interval = {at(cut), at(n - 1 - cut)};
    return result;
}

MeasuredRatio BaselineMeasurement::timeRatio() const
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < method.seconds.size(); ++i)
        ratios.push_back(method.seconds[i] / full.seconds[i]);
    return medianWithInterval(std::move(ratios));
}

std::optional<double> BaselineMeasurement::energyRatio() const
{
    if (!method.joules || !full.joules || *full.joules <= 0)
        return {};
    return *method.joules / *full.joules;
}

std::optional<BaselineMeasurement> measureBaseline(const BaselineRequest& request, TrainingControl& control,
                                                   const BaselineProgress& progress)
{
    if (request.experiment.method.type == MethodType::Full)
        throw Error(ErrorKind::BadUsage, "method.type is full: there is nothing to measure it against",
                    "Choose \"lora\" or \"head\"; full fine-tuning is measured beside it.");
    ExperimentData prepared = prepareData(request.experiment);
    const TrainingConfig& training = prepared.experiment.training;
    WorkerPool pool(training.threads);
    BaselineMeasurement measured;
    measured.pairs = std::max(1, request.pairs);
    measured.epochs = plannedEpochs(prepared.experiment, prepared.data.train);
    const std::int64_t steps = measured.pairs + warmUpPairs;
    const std::int64_t rowsPerStep =
        static_cast<std::int64_t>(training.perDeviceTrainBatchSize) * training.gradientAccumulationSteps;
    const TokenizedDataset rows =
        drawRows(prepared.data.train, static_cast<std::size_t>(steps * rowsPerStep), training.seed);
    DataLoader loader(rows, prepared.experiment);
    EnergyMeter energy;
    std::vector<Batch> group;
    trimHeap();
    const auto program = static_cast<double>(residentBytes());

    Contender method(prepared, pool);
    const auto prefix = keepPrefix(prepared, method, rows, pool, control, measured);
    method.startFrom(prefix ? &prefix->rows() : nullptr);
    const LrScheduler rates(training.lrSchedulerType, training.learningRate, steps, training.warmupRatio);
    for (int step = 0; step < warmUpPairs; ++step) {
        loader.load(step, group);
        method.take(group, rates.at(step + 1), static_cast<std::uint64_t>(step), false, energy);
    }
    const auto withMethod = static_cast<double>(residentBytes());
    method.side.memoryBytes = withMethod;
    prepared.experiment.method = {MethodType::Full, {}};
    Contender full(prepared, pool);
    for (std::int64_t step = 0; step < steps; ++step) {
        if (control.isStopRequested())
            return {};
        const bool isCounted = step >= warmUpPairs;
        const auto name = static_cast<std::uint64_t>(step);
        // Every weight moves: at a tenth of an adapter's rate, as in sweeps.
        const double rate = rates.at(step + 1);
        const auto takeFull = [&] { full.take(group, rate / 10, name, isCounted, energy); };
        const auto takeMethod = [&] { method.take(group, rate, name, isCounted, energy); };
        loader.load(step, group);
        if (!isCounted) {
            takeFull();
        } else if (step % 2) {
            takeMethod();
            takeFull();
        } else {
            takeFull();
            takeMethod();
        }
        if (step + 1 == warmUpPairs)
            full.side.memoryBytes = program + static_cast<double>(residentBytes()) - withMethod;
        if (progress)
            progress(step + 1, steps);
    }
    measured.method = method.side;
    measured.full = full.side;
    measured.tokens = method.tokens;
    spreadPrefix(measured, static_cast<double>(rows.tokens()));
    return measured;
}

namespace {

std::string line(const std::string& name, const std::string& method, const std::string& full, double ratio)
{
    return padded(name, 24) + padded(method, 16, Align::Right) + padded(full, 18, Align::Right) +
           padded(changeText(ratio), 12, Align::Right) + "\n";
}

double mean(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

} // namespace

std::string measurementText(const BaselineMeasurement& measurement)
{
    const auto pairs = static_cast<double>(measurement.pairs);
    const MeasuredSide& method = measurement.method;
    const MeasuredSide& full = measurement.full;
    const MeasuredRatio time = measurement.timeRatio();
    std::string text = fmt::format(
        "measured on {} pairs of training steps, taken in turn on the same batches:\n", measurement.pairs);
    text += line("compute per step", flopsText(method.flops / pairs), flopsText(full.flops / pairs),
                 measurement.computeRatio());
    text += line("time per step", durationText(mean(method.seconds)), durationText(mean(full.seconds)),
                 time.ratio);
    text += fmt::format("  95 % interval of the time's ratio: {} to {}\n", changeText(time.interval.low),
                        changeText(time.interval.high));
    text += line("resident memory", bytesText(method.memoryBytes), bytesText(full.memoryBytes),
                 measurement.memoryRatio());
    if (const auto energy = measurement.energyRatio())
        text += line("energy per step", fmt::format("{:.3g} J", *method.joules / pairs),
                     fmt::format("{:.3g} J", *full.joules / pairs), *energy);
    else
        text += "energy: this machine does not tell it\n";
    if (measurement.isPrefixKept)
        text +=
            fmt::format("With the frozen layers' one pass, spread over {:g} epochs: {} of a step's time.\n",
                        measurement.epochs, durationText(measurement.prefixSeconds / pairs));
    return text;
}

} // namespace lora
