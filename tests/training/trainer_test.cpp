#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/training/tiny_run.h"

#include <atomic>
#include <thread>

namespace lora::test {
namespace {

MethodConfig fullMethod()
{
    return {.type = MethodType::Full, .lora = {}};
}

TEST(Training, OverfitsOneBatchWithEveryWeightAndWithAdapters)
{
    for (const MethodConfig& method : {fullMethod(), loraMethod(8)}) {
        ExperimentConfig experiment = tinyExperiment();
        experiment.method = method;
        experiment.training.maxSteps = 120;
        experiment.training.evalSteps = 1000;
        experiment.training.perDeviceTrainBatchSize = 12;
        experiment.training.learningRate = 0.02;
        TinyRun run(experiment, {.hidden = 12, .heads = 2});
        run.train = learnableDataset(12);
        run.eval = learnableDataset(12);
        const RunOutcome outcome = run.run();
        EXPECT_EQ(outcome.status, RunStatus::Completed);
        EXPECT_EQ(outcome.steps, 120);
        EXPECT_LT(run.notes.steps.back().loss, 0.02);
        EXPECT_EQ(run.notes.evaluations.back().value("accuracy"), 1);
    }
}

TEST(Training, TheSameSeedAndWorkersGiveTheSameBits)
{
    for (const int workers : {1, 2, 3}) {
        TinyRun first(tinyExperiment(), tinyWithDropout, {}, workers);
        TinyRun second(tinyExperiment(), tinyWithDropout, {}, workers);
        first.run();
        second.run();
        EXPECT_EQ(first.notes.losses(), second.notes.losses());
        EXPECT_EQ(first.weights(true), second.weights(true));
        ASSERT_EQ(first.notes.evaluations.size(), second.notes.evaluations.size());
        for (std::size_t i = 0; i < first.notes.evaluations.size(); ++i)
            EXPECT_EQ(first.notes.evaluations[i].values, second.notes.evaluations[i].values);
    }
    ExperimentConfig other = tinyExperiment();
    other.training.seed = 4;
    TinyRun first(tinyExperiment(), tinyWithDropout);
    TinyRun otherSeed(other, tinyWithDropout);
    first.run();
    otherSeed.run();
    EXPECT_NE(first.notes.losses(), otherSeed.notes.losses());
}

TEST(Training, WithoutDropoutTheNumberOfWorkersChangesRoundingOnly)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method.lora.loraDropout = 0;
    TinyRun one(experiment, {}, {}, 1);
    TinyRun three(experiment, {}, {}, 3);
    one.run();
    three.run();
    for (std::size_t i = 0; i < one.notes.steps.size(); ++i)
        EXPECT_NEAR(one.notes.steps[i].loss, three.notes.steps[i].loss, 2e-5);
}

TEST(Training, FrozenWeightsKeepEveryBitAndTrainedOnesMove)
{
    MethodConfig head{.type = MethodType::Head, .lora = {}};
    MethodConfig upperLayer = loraMethod(2, std::vector<std::string>{"query", "value"});
    upperLayer.lora.layersToTransform = std::vector<int>{1};
    for (const MethodConfig& method : {head, upperLayer, loraMethod()}) {
        ExperimentConfig experiment = tinyExperiment();
        experiment.method = method;
        experiment.training.weightDecay = 0.1;
        TinyRun run(experiment, tinyWithDropout);
        const std::vector<float> frozen = run.weights(false);
        const std::vector<float> trained = run.weights(true);
        run.run();
        EXPECT_EQ(run.weights(false), frozen);
        const std::vector<float> after = run.weights(true);
        std::size_t same = 0;
        for (std::size_t i = 0; i < after.size(); ++i)
            same += after[i] == trained[i];
        EXPECT_EQ(same, 0u);
    }
}

TEST(Training, StepsReportRateEpochNormAndTokens)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.warmupRatio = 0.25;
    TinyRun run(experiment, {});
    const RunOutcome outcome = run.run();
    ASSERT_EQ(run.notes.steps.size(), 12u);
    EXPECT_EQ(run.notes.steps[0].learningRate, 0);
    EXPECT_DOUBLE_EQ(run.notes.steps[3].learningRate, 5e-3);
    EXPECT_DOUBLE_EQ(run.notes.steps[11].epoch, 2);
    EXPECT_EQ(outcome.tokensTrained, 2 * run.train.tokens());
    EXPECT_DOUBLE_EQ(outcome.epochs, 2);
    for (const StepMetrics& metrics : run.notes.steps) {
        EXPECT_GT(metrics.gradNorm, 0);
        EXPECT_GT(metrics.tokensPerSecond, 0);
    }
    ASSERT_EQ(run.notes.evaluations.size(), 4u); // before training, then steps 4, 8, 12
    EXPECT_EQ(run.notes.evaluations[0].step, 0);
    EXPECT_EQ(run.notes.evaluations[3].step, 12);
}

TEST(Training, AResumedRunEqualsAnUninterruptedOneBitForBit)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.loadBestModelAtEnd = false;
    TinyRun whole(experiment, tinyWithDropout);
    whole.run();
    for (const std::int64_t stopAfter : {1, 7}) { // within the first and the second epoch
        const TemporaryFolder folder;
        TinyRun first(experiment, tinyWithDropout, folder.path());
        first.notes.whenStep = [&](const StepMetrics& metrics) {
            if (metrics.step == stopAfter)
                first.control.requestStop();
        };
        EXPECT_EQ(first.run().status, RunStatus::Stopped);
        TinyRun second(experiment, tinyWithDropout, folder.path());
        ASSERT_TRUE(second.trainer().resume());
        EXPECT_EQ(second.trainer().state().step, stopAfter);
        const RunOutcome outcome = second.run();
        EXPECT_EQ(outcome.status, RunStatus::Completed);
        EXPECT_EQ(outcome.steps, 12);
        EXPECT_EQ(outcome.tokensTrained, 2 * whole.train.tokens());
        std::vector<double> losses = first.notes.losses();
        for (const double loss : second.notes.losses())
            losses.push_back(loss);
        EXPECT_EQ(losses, whole.notes.losses());
        EXPECT_EQ(second.weights(true), whole.weights(true));
        EXPECT_EQ(second.notes.evaluations.back().values, whole.notes.evaluations.back().values);
    }
}

TEST(Training, OutcomesAreToldOfTheUntunedModelAndOfEveryBestOne)
{
    const TemporaryFolder folder;
    TinyRun run(tinyExperiment(), tinyWithDropout, folder.path());
    run.run();
    const TrainerState& state = run.trainer().state();
    ASSERT_TRUE(run.notes.outcomes.contains(0));
    EXPECT_EQ(run.notes.outcomes.rbegin()->first, state.bestStep);
    for (const auto& [step, outcomes] : run.notes.outcomes) {
        EXPECT_EQ(outcomes.size(), run.eval.size());
        const auto evaluation = std::ranges::find(run.notes.evaluations, step, &EvalMetrics::step);
        ASSERT_NE(evaluation, run.notes.evaluations.end());
        EXPECT_DOUBLE_EQ(metricOf(outcomes, "accuracy"), evaluation->value("accuracy"));
        EXPECT_NEAR(metricOf(outcomes, "loss"), evaluation->value("loss"), 1e-6);
    }
    ExperimentConfig last = tinyExperiment();
    last.training.loadBestModelAtEnd = false;
    TinyRun toTheEnd(last, tinyWithDropout);
    toTheEnd.run();
    EXPECT_EQ(toTheEnd.notes.outcomes.rbegin()->first, 12);
}

TEST(Training, AnEvaluationThatWasStoppedIsDoneWhenTheRunGoesOn)
{
    const TemporaryFolder folder;
    TinyRun first(tinyExperiment(), tinyWithDropout, folder.path());
    first.notes.whenStep = [&](const StepMetrics& metrics) {
        if (metrics.step == 4) // an evaluation is due right after this step
            first.control.requestStop();
    };
    EXPECT_EQ(first.run().status, RunStatus::Stopped);
    ASSERT_EQ(first.notes.evaluations.size(), 1u);
    TinyRun second(tinyExperiment(), tinyWithDropout, folder.path());
    ASSERT_TRUE(second.trainer().resume());
    second.run();
    TinyRun whole(tinyExperiment(), tinyWithDropout);
    whole.run();
    ASSERT_EQ(second.notes.evaluations.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(second.notes.evaluations[i].step, whole.notes.evaluations[i + 1].step);
        EXPECT_EQ(second.notes.evaluations[i].values, whole.notes.evaluations[i + 1].values);
    }
    EXPECT_EQ(second.trainer().state().bestStep, whole.trainer().state().bestStep);
}

TEST(Training, ARunThatStoppedEarlyStaysStopped)
{
    const TemporaryFolder folder;
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.learningRate = 0;
    experiment.training.maxSteps = 40;
    experiment.training.earlyStoppingPatience = 1;
    TinyRun first(experiment, {}, folder.path());
    EXPECT_EQ(first.run().steps, 8);
    TinyRun second(experiment, {}, folder.path());
    ASSERT_TRUE(second.trainer().resume());
    EXPECT_EQ(second.run().steps, 8);
    EXPECT_TRUE(second.notes.steps.empty());
}

TEST(Training, ResumingWithOtherWorkersIsRefused)
{
    const TemporaryFolder folder;
    TinyRun first(tinyExperiment(), {}, folder.path(), 1);
    first.run();
    TinyRun second(tinyExperiment(), {}, folder.path(), 2);
    expectError(ErrorKind::BadUsage, "started with 1 worker(s), now there are 2",
                [&] { second.trainer().resume(); });
    TinyRun fresh(tinyExperiment(), {}, folder / "nowhere", 2);
    EXPECT_FALSE(fresh.trainer().resume());
}

TEST(Training, StopsWithinOneStepOfAnotherThreadsRequest)
{
    const TemporaryFolder folder;
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.maxSteps = 1'000'000;
    experiment.training.evalSteps = 1'000'000;
    TinyRun run(experiment, tinyWithDropout, folder.path());
    std::atomic<std::int64_t> steps = 0;
    std::atomic<std::int64_t> stepsAtRequest = -1;
    run.notes.whenStep = [&](const StepMetrics& metrics) { steps = metrics.step; };
    std::jthread other([&] {
        while (steps < 5)
            std::this_thread::yield();
        run.control.requestStop();
        stepsAtRequest = steps.load();
    });
    const RunOutcome outcome = run.run();
    other.join();
    EXPECT_EQ(outcome.status, RunStatus::Stopped);
    EXPECT_LE(outcome.steps, stepsAtRequest + 1);
    EXPECT_EQ(checkpointSteps(folder.path()), std::vector<std::int64_t>{outcome.steps});
}

TEST(Training, PausesBetweenStepsAndItsClockStandsStill)
{
    TinyRun run(tinyExperiment(), tinyWithDropout);
    std::atomic<bool> isPaused = false;
    run.notes.whenStep = [&](const StepMetrics& metrics) {
        EXPECT_FALSE(isPaused);
        if (metrics.step == 3)
            run.control.requestPause();
    };
    run.notes.whenPause = [&](bool paused) { isPaused = paused; };
    constexpr double pause = 0.2;
    std::jthread other([&] {
        while (!isPaused)
            std::this_thread::yield();
        EXPECT_EQ(run.notes.steps.size(), 3u);
        std::this_thread::sleep_for(std::chrono::duration<double>(pause));
        EXPECT_EQ(run.notes.steps.size(), 3u);
        run.control.requestResume();
    });
    const Stopwatch stopwatch;
    const RunOutcome outcome = run.run();
    EXPECT_EQ(outcome.status, RunStatus::Completed);
    EXPECT_EQ(run.notes.steps.size(), 12u);
    EXPECT_LT(run.notes.steps.back().seconds, stopwatch.seconds() - 0.9 * pause);
}

TEST(Training, StoppingWhilePausedEndsTheRun)
{
    TinyRun run(tinyExperiment(), {});
    run.notes.whenStep = [&](const StepMetrics&) { run.control.requestPause(); };
    std::atomic<bool> isPaused = false;
    run.notes.whenPause = [&](bool paused) { isPaused = paused; };
    std::jthread other([&] {
        while (!isPaused)
            std::this_thread::yield();
        run.control.requestStop();
    });
    const RunOutcome outcome = run.run();
    EXPECT_EQ(outcome.status, RunStatus::Stopped);
    EXPECT_EQ(outcome.steps, 1);
}

TEST(Training, ARequestedCheckpointIsWritten)
{
    const TemporaryFolder folder;
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.saveSteps = 1000;
    experiment.training.evalSteps = 1000;
    TinyRun run(experiment, {}, folder.path());
    std::vector<std::vector<std::int64_t>> seen;
    run.notes.whenStep = [&](const StepMetrics& metrics) {
        if (metrics.step == 2)
            run.control.requestCheckpoint();
        seen.push_back(checkpointSteps(folder.path()));
    };
    run.run();
    EXPECT_TRUE(seen[1].empty());
    EXPECT_EQ(seen[2], std::vector<std::int64_t>{2});
}

TEST(Training, EarlyStoppingWaitsForItsPatience)
{
    const TemporaryFolder folder;
    ExperimentConfig experiment = tinyExperiment();
    experiment.training.learningRate = 0; // never better than the first evaluation
    experiment.training.maxSteps = 40;
    experiment.training.earlyStoppingPatience = 2;
    TinyRun run(experiment, {}, folder.path());
    const RunOutcome outcome = run.run();
    EXPECT_EQ(outcome.status, RunStatus::Completed);
    EXPECT_EQ(outcome.steps, 12); // best at 4, then two evaluations without gain
    EXPECT_EQ(run.trainer().state().bestStep, 4);
    const bool isSaid =
        std::any_of(run.notes.messages.begin(), run.notes.messages.end(), [](const std::string& message) {
            return message.starts_with("Stopped early at step 12");
        });
    EXPECT_TRUE(isSaid);
}

TEST(Training, TheBestModelIsRestoredAtTheEnd)
{
    const TemporaryFolder folder;
    ExperimentConfig experiment = tinyExperiment();
    experiment.method = fullMethod();
    experiment.training.maxSteps = 40;
    experiment.training.learningRate = 0.01;
    experiment.training.lrSchedulerType = "constant";
    experiment.training.metricForBestModel = "loss";
    TinyRun run(experiment, {}, folder.path());
    // Other labels than in training: the better the fit, the worse the evaluation.
    for (TokenizedExample& example : run.eval.examples)
        example.classLabel = (example.classLabel + 1) % 3;
    run.run();
    const TrainerState& state = run.trainer().state();
    ASSERT_LT(state.bestStep, 40);
    double best = 1e9;
    for (const EvalMetrics& evaluation : run.notes.evaluations)
        if (evaluation.step > 0)
            best = std::min(best, evaluation.value("loss"));
    EXPECT_EQ(state.bestValue, best);
    Evaluator evaluator(*run.model, run.eval, run.pool, experiment.training.seed);
    EXPECT_EQ(evaluator.run()->metrics.at("loss"), best);
    EXPECT_EQ(checkpointSteps(folder.path()), (std::vector<std::int64_t>{state.bestStep, 40}));
}

TEST(Training, AHugeLearningRateDivergesAndLeavesFiniteWeights)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method = fullMethod();
    experiment.training.learningRate = 1e30;
    experiment.training.lrSchedulerType = "constant";
    TinyRun run(experiment, {});
    const RunOutcome outcome = run.run();
    EXPECT_EQ(outcome.status, RunStatus::Diverged);
    EXPECT_LT(outcome.steps, 12);
    EXPECT_EQ(static_cast<std::int64_t>(run.notes.steps.size()), outcome.steps);
    EXPECT_NE(outcome.message.find("Diverged at step " + std::to_string(outcome.steps + 1)),
              std::string::npos)
        << outcome.message;
    EXPECT_NE(outcome.hint.find("learning_rate"), std::string::npos);
    for (const float value : run.weights(true))
        ASSERT_TRUE(std::isfinite(value));
}

TEST(Training, ASteadyStepTakesNothingFromTheHeap)
{
    const TinyBert tiny{.hidden = 48, .layers = 2, .heads = 4, .intermediate = 96, .dropout = 0.1};
    for (const MethodConfig& method : {fullMethod(), loraMethod()}) {
        const auto model = tinyModel<float>(tiny);
        const auto trainable = applyMethod(*model, method, 1);
        const TokenizedDataset dataset = learnableDataset(512);
        DataLoader loader(dataset, TaskType::SequenceClassification,
                          {.batchSize = 128, .accumulationSteps = 2, .isShuffled = false, .seed = 1});
        WorkerPool pool(2);
        TrainingStep<float> step(*model, trainable, pool, {}, 1);
        std::vector<Batch> group;
        std::size_t afterFirstEpoch = 0;
        for (std::int64_t i = 0; i < 4 * loader.stepsPerEpoch(); ++i) {
            loader.load(i, group);
            step.run(group, 1e-3, static_cast<std::uint64_t>(i));
            if (i + 1 == loader.stepsPerEpoch())
                afterFirstEpoch = step.heapAllocations();
        }
        EXPECT_GT(afterFirstEpoch, 2u) << "too small a batch to say anything";
        EXPECT_EQ(step.heapAllocations(), afterFirstEpoch);
        EXPECT_GT(step.arenaPeakBytes(), std::size_t{1} << 20);
    }
}

TEST(Training, MaskedLmLearnsItsText)
{
    const TinyBert tiny{.hidden = 12, .heads = 2};
    ExperimentConfig experiment = tinyExperiment();
    experiment.task = TaskType::MaskedLm;
    experiment.training.maxSteps = 300;
    experiment.training.evalSteps = 300;
    experiment.training.learningRate = 0.01;
    const auto model = tinyModel<float>(tiny, TaskType::MaskedLm, 0);
    auto trainable = applyMethod(*model, fullMethod(), 1);
    TokenizedDataset dataset;
    for (std::int32_t row = 0; row < 32; ++row) {
        TokenizedExample example;
        for (std::int32_t i = 0; i < 8; ++i)
            example.inputIds.push_back(5 + (row + i) % 8); // every neighbour tells the hidden token
        example.tokenTypeIds.assign(8, 0);
        dataset.examples.push_back(example);
    }
    dataset.masking = MaskingFacts{4, 13};
    WorkerPool pool(2);
    Trainer trainer({*model, trainable, dataset, &dataset, experiment, {}}, pool);
    RunNotes notes;
    TrainingControl control;
    EXPECT_EQ(trainer.run(notes, control).status, RunStatus::Completed);
    EXPECT_EQ(trainer.primaryMetric(), "loss");
    EXPECT_LT(notes.evaluations.back().value("loss"), 0.5 * notes.evaluations.front().value("loss"));
}

} // namespace
} // namespace lora::test
