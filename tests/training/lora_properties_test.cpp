#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr TaskType classification = TaskType::SequenceClassification;
const Batch batch = randomBatch({5, 1, 9, 3}, classification);

bool isAdapter(const std::string& name)
{
    return name.find(".lora_") != std::string::npos;
}

TEST(LoraProperties, BeforeTheFirstStepTheModelIsTheBaseModelBitForBit)
{
    const auto model = tinyModel<float>(tinyWithDropout);
    const std::vector<float> base = logitsOf(*model, batch);
    applyMethod(*model, loraMethod(), 1);
    EXPECT_EQ(logitsOf(*model, batch), base);
}

TEST(LoraProperties, StrengthZeroRestoresTheBaseModelAtAnyStep)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.learningRate = 0.05;
    experiment.training.warmupRatio = 0; // every step moves the weights
    TinyRun run(experiment, tinyWithDropout);
    const auto base = tinyModel<float>(tinyWithDropout);
    run.notes.whenStep = [&](const StepMetrics&) {
        // The head is trained whole, so the base model gets it too.
        std::map<std::string, Parameter<float>*> trained;
        run.model->visitParameters(
            [&](Parameter<float>& parameter) { trained[parameter.name()] = &parameter; });
        base->visitParameters([&](Parameter<float>& parameter) {
            if (parameter.name().starts_with("classifier"))
                std::copy_n(trained.at(parameter.name())->data(), parameter.size(),
                            parameter.mutableValue().data);
        });
        run.model->setAdapterStrength(0);
        EXPECT_EQ(logitsOf(*run.model, batch), logitsOf(*base, batch));
        run.model->setAdapterStrength(1);
        EXPECT_NE(logitsOf(*run.model, batch), logitsOf(*base, batch));
    };
    EXPECT_EQ(run.run().status, RunStatus::Completed);
}

/// How much the loss falls in six small steps that train adapters alone, averaged over starts.
double meanGain(int rank, bool usesRslora)
{
    constexpr int starts = 30;
    const TinyBert tiny{.hidden = 16, .layers = 1, .heads = 2, .intermediate = 24};
    const Batch rows = randomBatch({5, 7, 4, 6, 8, 3}, classification, tiny);
    WorkerPool pool(1);
    double gain = 0;
    for (std::uint64_t start = 0; start < starts; ++start) {
        const auto model = tinyModel<float>(tiny, classification, 3, start);
        MethodConfig method = loraMethod(rank);
        method.lora.useRslora = usesRslora;
        method.lora.loraAlpha = 8;
        applyMethod(*model, method, start + 100);
        const TrainableParameters<float> trainable(
            *model, [](const Parameter<float>& parameter) { return isAdapter(parameter.name()); });
        TrainingStep<float> step(*model, trainable, pool, {}, 0);
        const double first = step.run(std::span(&rows, 1), 1e-4, 0).loss;
        for (int i = 1; i < 6; ++i)
            step.run(std::span(&rows, 1), 1e-4, 0);
        gain += (first - step.accumulate(std::span(&rows, 1), 0).loss) / starts;
    }
    return gain;
}

TEST(LoraProperties, TheExpectedEarlyLossCurveDoesNotDependOnTheRank)
{
    const double one = meanGain(1, false);
    ASSERT_GT(one, 0);
    for (const int rank : {4, 16})
        EXPECT_NEAR(meanGain(rank, false) / one, 1, 0.2) << "rank " << rank;
    // With alpha / √r it does: four times as fast at rank 16.
    EXPECT_NEAR(meanGain(16, true) / one, 4, 1);
}

/// Losses of ten Adam steps (epsilon 0) on adapters of scale alpha / (pq), with A and B starting and learning
/// p and q times as fast.
std::vector<double> scaledRun(double p, double q)
{
    const TinyBert tiny{.layers = 1};
    const auto model = tinyModel<double>(tiny);
    MethodConfig method = loraMethod(2, std::vector<std::string>{"query", "intermediate.dense"});
    method.lora.loraAlpha = 4 / (p * q);
    applyMethod(*model, method, 1);
    const TrainableParameters<double> trainable(
        *model, [](const Parameter<double>& parameter) { return isAdapter(parameter.name()); });
    const auto factor = [&](const Parameter<double>& parameter) {
        return parameter.name().ends_with("lora_A.weight") ? p : q;
    };
    for (Parameter<double>* parameter : trainable.parameters()) {
        randomize(*parameter, 0.3);
        for (std::int64_t i = 0; i < parameter->size(); ++i)
            parameter->mutableValue().data[i] *= factor(*parameter);
    }
    WorkerPool pool(1);
    TrainingStep<double> step(*model, trainable, pool, {}, 0);
    AdamW<double> forA(trainable.size(), {.epsilon = 0});
    AdamW<double> forB(trainable.size(), {.epsilon = 0});
    std::vector<double> losses;
    for (int t = 0; t < 10; ++t) {
        losses.push_back(step.accumulate(std::span(&batch, 1), 0).loss);
        forA.beginStep(0.01 * p, 1);
        forB.beginStep(0.01 * q, 1);
        for (Parameter<double>* parameter : trainable.parameters()) {
            const Matrix<double> gradient = step.gradients().of(*parameter);
            const auto size = static_cast<std::size_t>(parameter->size());
            (parameter->name().ends_with("lora_A.weight") ? forA : forB)
                .update({gradient.data, size}, parameter->gradientOffset(),
                        {parameter->mutableValue().data, size});
        }
    }
    return losses;
}

TEST(LoraProperties, AdamDoesNotSeeHowTheScaleIsSplit)
{
    const std::vector<double> plain = scaledRun(1, 1);
    EXPECT_LT(plain.back(), plain.front());
    for (const auto& [p, q] : {std::pair{3.0, 0.7}, {0.25, 1.0}, {1.0, 5.0}}) {
        const std::vector<double> scaled = scaledRun(p, q);
        for (std::size_t t = 0; t < plain.size(); ++t)
            EXPECT_NEAR(scaled[t], plain[t], 1e-9 * plain[t]) << "p " << p << ", q " << q << ", step " << t;
    }
}

/// Gradients of one group of batches, and of all their rows as one batch.
void checkAccumulation(TaskType task, int workers)
{
    const auto model = tinyModel<double>({}, task, task == classification ? 3 : 0);
    const auto trainable = applyMethod(*model, {.type = MethodType::Full, .lora = {}}, 1);
    // Uneven parts: a mean of means would weigh the short batch's rows too much.
    const Batch whole = randomBatch({9, 2, 1, 7, 3, 12, 4}, task);
    std::vector<Batch> parts;
    for (const std::vector<std::uint32_t>& rows : {std::vector<std::uint32_t>{0, 1, 2, 3}, {4, 5}, {6}})
        parts.push_back(selectSequences(whole, rows));
    WorkerPool pool(workers);
    TrainingStep<double> step(*model, trainable, pool, {}, 0);
    const StepResult together = step.accumulate(std::span(&whole, 1), 0);
    const std::vector<double> expected = step.gradients().values();
    const StepResult accumulated = step.accumulate(parts, 0);
    EXPECT_NEAR(accumulated.loss, together.loss, 1e-12);
    EXPECT_NEAR(accumulated.gradNorm, together.gradNorm, 1e-12);
    EXPECT_EQ(accumulated.tokens, together.tokens);
    EXPECT_EQ(accumulated.flops, together.flops);
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(step.gradients().values()[i], expected[i], 1e-12);
}

TEST(LoraProperties, AccumulatedBatchesEqualOneBigBatch)
{
    for (const int workers : {1, 3}) {
        checkAccumulation(classification, workers);
        checkAccumulation(TaskType::MaskedLm, workers);
    }
}

TEST(LoraProperties, AccumulationThroughTheTrainerEqualsBigBatches)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method.lora.loraDropout = 0;
    TinyRun big(experiment, {});
    experiment.training.perDeviceTrainBatchSize = 2;
    experiment.training.gradientAccumulationSteps = 4;
    TinyRun small(experiment, {});
    big.run();
    small.run();
    ASSERT_EQ(big.notes.steps.size(), small.notes.steps.size());
    for (std::size_t i = 0; i < big.notes.steps.size(); ++i) {
        EXPECT_NEAR(small.notes.steps[i].loss, big.notes.steps[i].loss, 2e-5);
        EXPECT_DOUBLE_EQ(small.notes.steps[i].epoch, big.notes.steps[i].epoch);
    }
}

TEST(LoraProperties, MergedLogitsEqualAdapterLogitsAndSubtractingRestoresTheWeights)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.learningRate = 0.02;
    TinyRun run(experiment, tinyWithDropout);
    run.run();
    const std::vector<float> adapted = logitsOf(*run.model, batch);
    const auto base = tinyModel<float>(tinyWithDropout);
    EXPECT_NE(adapted, logitsOf(*base, batch));
    std::map<std::string, std::vector<float>> deltas;
    for (const LinearSite<float>& site : run.model->linears())
        if (site.linear->adapter) {
            std::vector<float>& delta = deltas[site.linear->name()];
            delta.resize(static_cast<std::size_t>(site.linear->weight.size()));
            site.linear->adapter->writeDelta(
                {delta.data(), site.linear->outFeatures(), site.linear->inFeatures()});
        }
    mergeAdapters(*run.model);
    const std::vector<float> merged = logitsOf(*run.model, batch);
    for (std::size_t i = 0; i < merged.size(); ++i)
        EXPECT_NEAR(merged[i], adapted[i], 1e-5);
    std::map<std::string, const float*> original;
    for (const LinearSite<float>& site : base->linears())
        original[site.linear->name()] = site.linear->weight.data();
    ASSERT_EQ(deltas.size(), 13u);
    for (const LinearSite<float>& site : run.model->linears())
        for (std::size_t i = 0; i < deltas[site.linear->name()].size(); ++i)
            ASSERT_NEAR(site.linear->weight.data()[i] - deltas[site.linear->name()][i],
                        original.at(site.linear->name())[i], 1e-6);
}

} // namespace
} // namespace lora::test
