#include "core/cost/cost_model.h"
#include "core/cost/flop_ledger.h"
#include "core/math/gemm.h"
#include "tests/support/model_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TinyBert shapeOf(const std::string& family = "bert")
{
    TinyBert tiny{.hidden = 12, .layers = 4, .heads = 2, .intermediate = 20};
    tiny.family = family;
    return tiny;
}

/// LoRA on the layers named, three epochs of 48 rows in batches of 8.
ExperimentConfig upperLayers(std::vector<int> layers = {3}, const std::string& mode = "memory")
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method.lora.loraDropout = 0.1; // above the cut it may do what it likes
    experiment.method.lora.layersToTransform = std::move(layers);
    experiment.training.maxSteps = 18;
    experiment.training.loadBestModelAtEnd = false;
    experiment.training.prefixCache = mode;
    return experiment;
}

ExperimentConfig withMode(ExperimentConfig experiment, const std::string& mode)
{
    experiment.training.prefixCache = mode;
    return experiment;
}

std::vector<std::string> cacheMessages(const RunNotes& notes)
{
    std::vector<std::string> found;
    for (const std::string& message : notes.messages)
        if (message.starts_with("Prefix cache") || message.find("idden states") != std::string::npos)
            found.push_back(message);
    return found;
}

void expectSameRun(const RunNotes& a, const RunNotes& b, double tolerance)
{
    ASSERT_EQ(a.steps.size(), b.steps.size());
    for (std::size_t i = 0; i < a.steps.size(); ++i)
        EXPECT_NEAR(a.steps[i].loss, b.steps[i].loss, tolerance) << "step " << i;
    ASSERT_EQ(a.evaluations.size(), b.evaluations.size());
    for (std::size_t i = 0; i < a.evaluations.size(); ++i)
        EXPECT_NEAR(a.evaluations[i].value("loss"), b.evaluations[i].value("loss"), tolerance) << i;
}

class PrefixCacheOfFamily : public testing::TestWithParam<std::string>
{};

TEST_P(PrefixCacheOfFamily, LeavesLossesAsTheyAre)
{
    const TinyBert tiny = shapeOf(GetParam());
    for (const std::vector<int>& layers : {std::vector<int>{3}, std::vector<int>{1, 2}}) {
        TinyRun cached(upperLayers(layers), tiny);
        TinyRun plain(upperLayers(layers, "off"), tiny);
        cached.run();
        plain.run();
        EXPECT_EQ(cacheMessages(cached.notes).size(), 2u);
        EXPECT_TRUE(cacheMessages(plain.notes).empty());
        expectSameRun(cached.notes, plain.notes, 1e-5);
        EXPECT_LT(cached.trainer().state().flops, plain.trainer().state().flops);
    }
}

TEST_P(PrefixCacheOfFamily, ServesAHeadAlone)
{
    ExperimentConfig experiment = upperLayers();
    experiment.method = {.type = MethodType::Head, .lora = {}};
    TinyRun cached(experiment, shapeOf(GetParam()));
    TinyRun plain(withMode(experiment, "off"), shapeOf(GetParam()));
    cached.run();
    plain.run();
    expectSameRun(cached.notes, plain.notes, 1e-5);
    EXPECT_LT(cached.trainer().state().flops, 0.5 * plain.trainer().state().flops);
}

INSTANTIATE_TEST_SUITE_P(Families, PrefixCacheOfFamily,
                         testing::Values("bert", "distilbert", "gpt2", "llama"));

TEST(PrefixCache, CountsTheWorkThatWasDone)
{
    const TinyBert tiny = shapeOf();
    constexpr TaskType task = TaskType::SequenceClassification;
    ModelFolder folder(tiny, task, 3);
    const ModelSummary summary = describeModel(folder.write().string(), task, 3);
    for (const MethodType type : {MethodType::Lora, MethodType::Head}) {
        ExperimentConfig experiment = upperLayers({2, 3});
        experiment.method.type = type;
        const FlopLedger ledger =
            trainingLedger(summary, task, planTraining(experiment.method, partsOf(summary, task)));
        TinyRun run(experiment, tiny);
        run.run();
        const TrainerState& state = run.trainer().state();
        WorkCounts epoch = countWork(run.train.lengths(), false);
        WorkCounts work;
        for (int i = 0; i < 3; ++i)
            work += epoch;
        epoch.isForAllRows = true;
        EXPECT_EQ(state.tokensBelowCut, run.train.tokens());
        EXPECT_EQ(state.tokenPairsBelowCut, epoch.tokenPairs);
        EXPECT_EQ(state.flops, ledger.total(work, epoch).total());
        EXPECT_LT(state.flops, ledger.total(work).total());
    }
}

/// Without attention and head: (2L + (E − 1) 2k + E 2k) / 6LE for the top k of L layers in E epochs.
TEST(PrefixCache, SavesTheShareOfTheClosedForm)
{
    // A task that reads every token: in others the last block does less.
    constexpr TaskType task = TaskType::TokenClassification;
    const TinyBert wide{.hidden = 96, .layers = 12, .heads = 12, .intermediate = 384};
    ModelFolder folder(wide, task, 2);
    const ModelSummary summary = describeModel(folder.write().string(), task, 2);
    const WorkCounts epoch = countWork(std::vector<std::int32_t>(4, 8), false);
    const auto ledgerOf = [&](const MethodConfig& method) {
        return trainingLedger(summary, task, planTraining(method, partsOf(summary, task)));
    };
    const double full = ledgerOf({.type = MethodType::Full, .lora = {}}).total(epoch).total();
    for (const int k : {6, 3})
        for (const double epochs : {1.0, 2.0, 3.0, 5.0}) {
            MethodConfig method = loraMethod(1, std::vector<std::string>{"query", "value"});
            method.lora.layersToTransform.emplace();
            for (int layer = 12 - k; layer < 12; ++layer)
                method.lora.layersToTransform->push_back(layer);
            WorkCounts once = epoch;
            once.tokens /= epochs;
            once.tokenPairs /= epochs;
            const double ratio = ledgerOf(method).total(epoch, once).total() / full;
            const double closed = (2 * 12 + (epochs - 1) * 2 * k + epochs * 2 * k) / (6 * 12 * epochs);
            EXPECT_NEAR(ratio, closed, 0.02) << k << " layers, " << epochs << " epochs";
        }
}

TEST(PrefixCache, IsPartOfTheEstimate)
{
    constexpr TaskType task = TaskType::SequenceClassification;
    TinyBert tiny = shapeOf();
    tiny.dropout = 0.1;
    ModelFolder folder(tiny, task, 3);
    WorkloadFacts facts;
    facts.model = describeModel(folder.write().string(), task, 3);
    facts.trainLengths = std::vector<std::int32_t>(48, 7);
    facts.evalTokens = 100;
    Calibration calibration;
    calibration.workers = 2;
    calibration.gemmFlopsPerSecond = calibration.elementwiseBytesPerSecond = 1e9;
    ExperimentConfig experiment = upperLayers({3}, "auto"); // three epochs of six steps
    experiment.training.hiddenDropout = 0;
    const auto reportOf = [&] { return estimateCost(experiment, facts, calibration); };
    const auto savedByCache = [](const CostReport& report) {
        for (const SavingSource& saving : report.savings)
            if (saving.key == "prefix_cache")
                return saving.share;
        return -1.0;
    };
    const CostReport cached = reportOf();
    EXPECT_EQ(cached.method.memory.cache, 4.0 * 12 * (48 * 7 + 100));
    EXPECT_GT(savedByCache(cached), 0.1);
    double sum = 0;
    for (const SavingSource& saving : cached.savings)
        sum += saving.share;
    EXPECT_NEAR(sum, 1 - cached.computeRatio(), 1e-12);
    experiment.training.prefixCache = "off";
    const CostReport off = reportOf();
    EXPECT_EQ(off.method.memory.cache, 0);
    EXPECT_EQ(savedByCache(off), 0);
    EXPECT_NEAR(off.computeRatio() - cached.computeRatio(), savedByCache(cached), 1e-12);
    EXPECT_LT(cached.timeRatio(), off.timeRatio());
    experiment.training.prefixCache = "auto";
    experiment.training.hiddenDropout.reset(); // as the model has it
    EXPECT_EQ(savedByCache(reportOf()), 0);
    EXPECT_EQ(reportOf().method.memory.cache, 4.0 * 12 * 100) << "evaluation has no dropout";
}

PrefixBudget keptIn(const std::filesystem::path& folder, std::int64_t bytes = usualKeptBytes)
{
    return {.folder = folder, .keptBytes = bytes, .memoryBytes = 1 << 30};
}

/// One cut after every step, with memory, a spilled and a kept file.
TEST(PrefixCache, AResumedRunHasTheBitsOfAnUninterruptedOne)
{
    const TemporaryFolder cacheFolder;
    const struct
    {
        const char* mode;
        PrefixBudget budget;
        const char* place;
    } cases[] = {{"memory", keptIn(cacheFolder / "a"), "kept in memory"},
                 {"memory", {.folder = cacheFolder / "b", .memoryBytes = 100}, "kept in a temporary file"},
                 {"auto", keptIn(cacheFolder / "c"), "kept in /"}};
    for (const auto& [mode, budget, place] : cases) {
        const ExperimentConfig experiment = upperLayers({2, 3}, mode);
        TinyRun whole(experiment, shapeOf());
        whole.cache = std::make_shared<PrefixCache>(budget);
        whole.run();
        EXPECT_NE(cacheMessages(whole.notes).at(0).find(place), std::string::npos)
            << cacheMessages(whole.notes).at(0);
        const TemporaryFolder folder;
        TinyRun first(experiment, shapeOf(), folder.path());
        first.cache = std::make_shared<PrefixCache>(budget);
        first.notes.whenStep = [&](const StepMetrics& metrics) {
            if (metrics.step == 7)
                first.control.requestStop();
        };
        EXPECT_EQ(first.run().status, RunStatus::Stopped);
        TinyRun second(experiment, shapeOf(), folder.path());
        second.cache = std::make_shared<PrefixCache>(budget);
        ASSERT_TRUE(second.trainer().resume());
        second.run();
        std::vector<double> losses = first.notes.losses();
        for (const double loss : second.notes.losses())
            losses.push_back(loss);
        EXPECT_EQ(losses, whole.notes.losses()) << place;
        EXPECT_EQ(second.weights(true), whole.weights(true)) << place;
        EXPECT_EQ(second.notes.evaluations.back().values, whole.notes.evaluations.back().values) << place;
    }
    EXPECT_TRUE(!std::filesystem::exists(cacheFolder / "a") || std::filesystem::is_empty(cacheFolder / "a"));
    EXPECT_TRUE(std::filesystem::is_empty(cacheFolder / "b"));
}

TEST(PrefixCache, TheNumberOfWorkersDoesNotChangeWhatIsKept)
{
    const auto model = tinyModel<float>(shapeOf());
    const TokenizedDataset rows = learnableDataset(400);
    std::vector<float> first;
    for (const int workers : {1, 2, 3}) {
        PrefixCache cache(memoryBudget());
        WorkerPool pool(workers);
        TrainingControl control;
        const PrefixResult result = cache.obtain({*model, rows, 1, 2}, pool, control, {});
        const PrefixBlock& block = result.states->block();
        const std::vector<float> values(block.values(), block.values() + block.count());
        EXPECT_EQ(values.size(), static_cast<std::size_t>(rows.tokens() * 12));
        if (workers > 1) {
            EXPECT_EQ(values, first);
        }
        first = values;
    }
}

/// Asks a cache as a new session would; counts the products done for it.
PrefixResult ask(const PrefixBudget& budget, LanguageModel<float>& model, const TokenizedDataset& rows,
                 int layer = 2)
{
    PrefixCache cache(budget);
    WorkerPool pool(2);
    TrainingControl control;
    const std::int64_t before = gemmFlops();
    PrefixResult result = cache.obtain({model, rows, 1, layer}, pool, control, {});
    EXPECT_EQ(gemmFlops() - before, result.flops);
    EXPECT_EQ(result.flops > 0, result.states && result.origin == PrefixResult::Origin::Computed);
    return result;
}

std::vector<float> valuesOf(const PrefixResult& result)
{
    const PrefixBlock& block = result.states->block();
    return {block.values(), block.values() + block.count()};
}

using Origin = PrefixResult::Origin;

TEST(PrefixCache, ASecondSessionFindsTheFileAndComputesNothing)
{
    const TemporaryFolder folder;
    const auto model = tinyModel<float>(shapeOf());
    const TokenizedDataset rows = learnableDataset(64);
    const PrefixResult first = ask(keptIn(folder.path()), *model, rows);
    EXPECT_EQ(first.origin, Origin::Computed);
    EXPECT_EQ(first.states->block().place(), PrefixPlace::KeptFile);
    const PrefixResult second = ask(keptIn(folder.path()), *model, rows);
    EXPECT_EQ(second.origin, Origin::Kept);
    EXPECT_EQ(valuesOf(second), valuesOf(first));
}

TEST(PrefixCache, OtherWeightsRowsOrLayersAreComputedAnew)
{
    const TemporaryFolder folder;
    const PrefixBudget budget = keptIn(folder.path());
    const auto model = tinyModel<float>(shapeOf());
    TokenizedDataset rows = learnableDataset(64);
    ask(budget, *model, rows);
    EXPECT_EQ(ask(budget, *model, rows, 1).origin, Origin::Computed) << "another layer";
    const auto otherSeed = tinyModel<float>(shapeOf(), TaskType::SequenceClassification, 3, 6);
    EXPECT_EQ(ask(budget, *otherSeed, rows).origin, Origin::Computed) << "other weights";
    TinyBert otherActivation = shapeOf();
    otherActivation.activation = "relu";
    const auto relu = tinyModel<float>(otherActivation);
    EXPECT_EQ(ask(budget, *relu, rows).origin, Origin::Computed) << "another architecture";
    rows.examples[40].inputIds[1] += 1;
    EXPECT_EQ(ask(budget, *model, rows).origin, Origin::Computed) << "another token";
    rows.examples[40].tokenTypeIds[1] = 1;
    EXPECT_EQ(ask(budget, *model, rows).origin, Origin::Computed) << "another token type";
    rows.examples[40].classLabel = 0;
    EXPECT_EQ(ask(budget, *model, rows).origin, Origin::Kept) << "labels change nothing below the head";
}

std::filesystem::path onlyFileIn(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1u);
    return files.at(0);
}

TEST(PrefixCache, ADamagedFileIsComputedAnewNeverTrusted)
{
    const TemporaryFolder folder;
    const auto model = tinyModel<float>(shapeOf());
    const TokenizedDataset rows = learnableDataset(64);
    const std::vector<float> right = valuesOf(ask(keptIn(folder.path()), *model, rows));
    const std::filesystem::path file = onlyFileIn(folder.path());
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file));
    // Magic, count, key, checksum, the header's own checksum, empty space, first and last value.
    for (const std::int64_t at : {0l, 16l, 24l, 40l, 56l, 4000l, 4096l, size - 2}) {
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(at);
        const char was = static_cast<char>(stream.get());
        stream.seekp(at);
        stream.put(static_cast<char>(was ^ 1));
        stream.close();
        const PrefixResult result = ask(keptIn(folder.path()), *model, rows);
        EXPECT_EQ(result.origin, Origin::Computed) << "byte " << at;
        EXPECT_EQ(valuesOf(result), right) << "byte " << at;
        EXPECT_EQ(ask(keptIn(folder.path()), *model, rows).origin, Origin::Kept);
    }
    for (const std::int64_t length : {0l, 100l, 4096l, size - 4, size + 4}) {
        std::filesystem::resize_file(file, static_cast<std::uintmax_t>(length));
        EXPECT_EQ(ask(keptIn(folder.path()), *model, rows).origin, Origin::Computed) << length << " bytes";
    }
}

TEST(PrefixCache, FilesUsedLongestAgoMakeRoom)
{
    const TemporaryFolder folder;
    const auto model = tinyModel<float>(shapeOf());
    const TokenizedDataset rows = learnableDataset(64);
    const std::int64_t one = 4096 + rows.tokens() * 12 * 4;
    const PrefixBudget budget = keptIn(folder.path(), 2 * one);
    const auto isKept = [&](int layer) { return ask(budget, *model, rows, layer).origin == Origin::Kept; };
    const auto age = [&](int hours) {
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            std::filesystem::last_write_time(entry.path(),
                                             entry.last_write_time() - std::chrono::hours(hours));
    };
    EXPECT_FALSE(isKept(1));
    age(1);
    EXPECT_FALSE(isKept(2));
    age(1);
    EXPECT_TRUE(isKept(1)); // used again: now 2 is the oldest
    age(1);
    EXPECT_FALSE(isKept(3));
    EXPECT_TRUE(isKept(1));
    EXPECT_FALSE(isKept(2)) << "it had to go";
    const PrefixBudget tight = keptIn(folder.path(), one - 1);
    const PrefixResult tooLarge = ask(tight, *model, rows, 4);
    EXPECT_EQ(tooLarge.states->block().place(), PrefixPlace::Memory);
}

TEST(PrefixCache, AnUnwritableFolderIsANoticeNotAFailure)
{
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.write("file", "not a folder");
    const auto model = tinyModel<float>(shapeOf());
    const TokenizedDataset rows = learnableDataset(64);
    const PrefixResult inMemory = ask(keptIn(file), *model, rows);
    ASSERT_EQ(inMemory.notices.size(), 1u);
    EXPECT_TRUE(inMemory.notices[0].starts_with("Hidden states are not kept for later sessions"));
    ASSERT_TRUE(inMemory.states);
    EXPECT_EQ(inMemory.states->block().place(), PrefixPlace::Memory);
    PrefixBudget nowhere = keptIn(file);
    nowhere.memoryBytes = 0;
    const PrefixResult none = ask(nowhere, *model, rows);
    EXPECT_FALSE(none.states);
    EXPECT_FALSE(none.isStopped);
    EXPECT_EQ(none.notices.size(), 2u);

    TinyRun run(upperLayers({3}, "auto"), shapeOf());
    run.cache = std::make_shared<PrefixCache>(nowhere);
    EXPECT_EQ(run.run().status, RunStatus::Completed);
    EXPECT_EQ(run.notes.steps.size(), 18u);
}

TEST(PrefixCache, WhatAnAbandonedProcessLeftIsRemoved)
{
    const TemporaryFolder folder;
    const std::filesystem::path abandoned = folder.write("1-1.part", "half a file");
    const std::filesystem::path young = folder.write("2-1.part", "just begun");
    const auto busy = PrefixBlock::inFile(folder.path(), 10, 4096);
    for (const std::filesystem::path& path : {abandoned, busy->path()})
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() -
                                                   std::chrono::hours(2));
    removeAbandoned(folder.path());
    EXPECT_FALSE(std::filesystem::exists(abandoned));
    EXPECT_TRUE(std::filesystem::exists(young));
    EXPECT_TRUE(std::filesystem::exists(busy->path())) << "its process is at work";
}

TEST(PrefixCache, RunsThatShareItComputeOnce)
{
    const auto cache = std::make_shared<PrefixCache>(memoryBudget());
    for (const int rank : {1, 4, 8}) {
        ExperimentConfig experiment = upperLayers({3});
        experiment.method.lora.r = rank;
        TinyRun run(experiment, shapeOf());
        run.cache = cache;
        TinyRun alone(experiment, shapeOf());
        run.run();
        alone.run();
        EXPECT_EQ(run.notes.losses(), alone.notes.losses()) << "rank " << rank;
        const TrainerState& state = run.trainer().state();
        const bool isFirst = rank == 1;
        EXPECT_EQ(state.flops < alone.trainer().state().flops, !isFirst);
        EXPECT_EQ(state.tokensBelowCut, isFirst ? run.train.tokens() : 0);
    }
}

TEST(PrefixCache, StaysWithinItsMemory)
{
    const auto model = tinyModel<float>(shapeOf());
    const TokenizedDataset rows = learnableDataset(64);
    const std::int64_t one = rows.tokens() * 12 * 4;
    PrefixCache cache({.folder = {}, .keptBytes = 0, .memoryBytes = 2 * one});
    WorkerPool pool(1);
    TrainingControl control;
    const auto originOf = [&](int layer) {
        return cache.obtain({*model, rows, 1, layer}, pool, control, {}).origin;
    };
    EXPECT_EQ(originOf(1), Origin::Computed);
    EXPECT_EQ(originOf(2), Origin::Computed);
    EXPECT_EQ(originOf(1), Origin::Shared);
    EXPECT_EQ(originOf(3), Origin::Computed); // 2 goes, used longest ago
    EXPECT_EQ(originOf(1), Origin::Shared);
    EXPECT_EQ(originOf(2), Origin::Computed);
}

TEST(PrefixCache, IsNotUsedInTrainingWithDropoutAndSaysWhy)
{
    ExperimentConfig experiment = upperLayers();
    TinyBert tiny = shapeOf();
    tiny.dropout = 0.1;
    TinyRun run(experiment, tiny);
    run.run();
    const std::vector<std::string> messages = cacheMessages(run.notes);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_NE(messages[0].find("training.hidden_dropout 0"), std::string::npos) << messages[0];
    EXPECT_NE(messages[1].find("evaluation rows"), std::string::npos) << messages[1];
    TinyRun plain(withMode(experiment, "off"), tiny);
    plain.run();
    EXPECT_EQ(run.notes.losses(), plain.notes.losses());
    expectSameRun(run.notes, plain.notes, 1e-5);
}

TEST(PrefixCache, IsNotUsedWhereNothingIsFrozenBelow)
{
    for (const bool isFull : {true, false}) {
        ExperimentConfig experiment = upperLayers({0, 3});
        if (isFull)
            experiment.method = {.type = MethodType::Full, .lora = {}};
        TinyRun run(experiment, shapeOf());
        run.run();
        EXPECT_TRUE(cacheMessages(run.notes).empty());
    }
}

TEST(PrefixCache, ARunOfLessThanAnEpochCachesItsEvaluationAlone)
{
    ExperimentConfig experiment = upperLayers();
    experiment.training.maxSteps = 5;
    TinyRun run(experiment, shapeOf());
    run.run();
    ASSERT_EQ(cacheMessages(run.notes).size(), 1u);
    EXPECT_NE(cacheMessages(run.notes)[0].find("evaluation rows"), std::string::npos);
}

TEST(PrefixCache, MaskedRowsThatChangeEveryEpochAreNotKept)
{
    ExperimentConfig experiment = upperLayers();
    experiment.task = TaskType::MaskedLm;
    TinyRun run(experiment, shapeOf());
    run.train.masking = MaskingFacts{4, 13};
    run.eval.masking = MaskingFacts{4, 13};
    for (TokenizedDataset* rows : {&run.train, &run.eval})
        for (TokenizedExample& example : rows->examples)
            example.isSpecial.assign(example.inputIds.size(), false);
    TinyRun plain(withMode(experiment, "off"), shapeOf());
    plain.train = run.train;
    plain.eval = run.eval;
    run.run();
    plain.run();
    ASSERT_EQ(cacheMessages(run.notes).size(), 1u);
    EXPECT_NE(cacheMessages(run.notes)[0].find("evaluation rows"), std::string::npos);
    expectSameRun(run.notes, plain.notes, 1e-5);
}

TEST(PrefixCache, StopsWhileComputing)
{
    class StopAtFirstProgress : public RunNotes
    {
    public:
        explicit StopAtFirstProgress(TrainingControl& control)
            : m_control(control)
        {}
        void onPrefixProgress(std::int64_t done, std::int64_t total) override
        {
            ++calls;
            EXPECT_LT(done, total);
            m_control.requestStop();
        }
        int calls = 0;

    private:
        TrainingControl& m_control;
    };
    const TemporaryFolder folder;
    ExperimentConfig experiment = upperLayers({3}, "auto");
    experiment.training.maxSteps = 10'000;
    TinyRun run(experiment, shapeOf());
    run.train = learnableDataset(3000);
    run.cache = std::make_shared<PrefixCache>(keptIn(folder.path()));
    StopAtFirstProgress notes(run.control);
    EXPECT_EQ(run.trainer().run(notes, run.control).status, RunStatus::Stopped);
    EXPECT_EQ(notes.calls, 1);
    EXPECT_TRUE(notes.steps.empty());
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "half a file is none";
}

} // namespace
} // namespace lora::test
