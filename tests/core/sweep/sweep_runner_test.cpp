// Sweeps that are really run: shared layers, stopped and gone on with.
#include "core/sweep/sweep_runner.h"

#include "core/io/atomic_file.h"
#include "core/math/gemm.h"
#include "core/runs/run_files.h"
#include "core/runs/run_index.h"
#include "core/runs/run_reader.h"
#include "tests/core/sweep/swept_model.h"
#include "tests/support/expect_error.h"

#include <functional>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

/// Notes which runs were made; `whenStep` may act on a step of a run.
class Notes : public SweepObserver, public TrainingObserver
{
public:
    void onRunSkipped(std::size_t run) override { skipped.push_back(run); }
    TrainingObserver& onRunBegin(std::size_t run, const RunRequest& request) override
    {
        begun.push_back(run);
        resumed.push_back(request.isResumed);
        return *this;
    }
    void onStart(const RunStart& start) override { firstSteps.push_back(start.firstStep); }
    void onStep(const StepMetrics& metrics) override
    {
        if (whenStep)
            whenStep(begun.back(), metrics.step);
    }

    std::vector<std::size_t> begun, skipped;
    std::vector<bool> resumed;
    std::vector<std::int64_t> firstSteps;
    std::function<void(std::size_t run, std::int64_t step)> whenStep;
};

RunStatus finish(const Sweep& sweep, Notes& notes)
{
    TrainingControl control;
    return runSweep(sweep, memoryBudget(), notes, control);
}

SweepAxes topLayerRanks(std::vector<int> ranks)
{
    SweepAxes axes;
    axes.ranks = std::move(ranks);
    axes.layers = {{LayerSet::Kind::TopQuarter, {}}};
    return axes;
}

/// Everything a run measured but times.
std::vector<std::vector<double>> resultsOf(const fs::path& folder)
{
    const auto run = readRun(folder);
    std::vector<std::vector<double>> results;
    for (const StepMetrics& step : run->steps)
        results.push_back({static_cast<double>(step.step), step.loss, step.gradNorm, step.learningRate});
    for (const EvalMetrics& evaluation : run->evaluations) {
        results.push_back({static_cast<double>(evaluation.step)});
        for (const auto& [name, value] : evaluation.values)
            results.back().push_back(value);
    }
    return results;
}

std::int64_t flopsOf(const Sweep& sweep)
{
    const std::int64_t before = gemmFlops();
    Notes notes;
    EXPECT_EQ(finish(sweep, notes), RunStatus::Completed);
    return gemmFlops() - before;
}

class SweepRuns : public testing::Test
{
protected:
    Sweep create(const std::string& name, const SweepAxes& axes) const
    {
        return createSweep(model.folder(name), model.plan(axes), {});
    }

    SweptModel model;
};

} // namespace

TEST_F(SweepRuns, OnePrefixServesAllRunsOfASweepOnTheTopLayer)
{
    // Products really done, so that nothing hides: of three runs alone and of the three as a sweep.
    std::int64_t alone = 0;
    for (const int rank : {1, 2, 4})
        alone += flopsOf(create("alone" + std::to_string(rank), topLayerRanks({rank})));
    const std::int64_t swept = flopsOf(create("swept", topLayerRanks({1, 2, 4})));

    // What the layers below cost once: the same run again with the cache of the first.
    const auto cache = std::make_shared<PrefixCache>(memoryBudget());
    const auto flopsWithCache = [&](const char* name) {
        TrainingControl control;
        TrainingObserver silent;
        const std::int64_t before = gemmFlops();
        runExperiment(requestFor(create(name, topLayerRanks({1})), 0, cache), silent, control);
        return gemmFlops() - before;
    };
    const std::int64_t first = flopsWithCache("first");
    const std::int64_t prefix = first - flopsWithCache("again");

    EXPECT_GT(prefix, first / 5) << "three of four layers";
    EXPECT_EQ(swept, alone - 2 * prefix);
}

TEST_F(SweepRuns, AStoppedSweepGoesOnToTheSameResultsBitForBit)
{
    model.base.training.evalSteps = 5;
    model.base.training.saveSteps = 3;
    SweepAxes axes = topLayerRanks({1, 2, 4});
    axes.isFullIncluded = true;
    const Sweep whole = create("whole", axes);
    Notes uninterrupted;
    ASSERT_EQ(finish(whole, uninterrupted), RunStatus::Completed);
    EXPECT_EQ(uninterrupted.begun, (std::vector<std::size_t>{0, 1, 2, 3}));

    const Sweep made = create("stopped", axes);
    TrainingControl control;
    Notes stopped;
    stopped.whenStep = [&](std::size_t run, std::int64_t step) {
        if (run == 1 && step == 7)
            control.requestStop();
    };
    ASSERT_EQ(runSweep(made, memoryBudget(), stopped, control), RunStatus::Stopped);
    EXPECT_EQ(stopped.begun.size(), 2u);
    EXPECT_EQ(stateOf(made, 0), PlannedRunState::Done);
    EXPECT_EQ(stateOf(made, 1), PlannedRunState::Begun);
    EXPECT_EQ(stateOf(made, 2), PlannedRunState::Waiting);

    const Sweep opened = openSweep(made.folder);
    Notes goneOn;
    ASSERT_EQ(finish(opened, goneOn), RunStatus::Completed);
    EXPECT_EQ(goneOn.skipped, std::vector<std::size_t>{0});
    EXPECT_EQ(goneOn.begun, (std::vector<std::size_t>{1, 2, 3}));
    EXPECT_EQ(goneOn.resumed, (std::vector<bool>{true, false, false}));
    EXPECT_EQ(goneOn.firstSteps.front(), 7);
    for (std::size_t run = 0; run < whole.plan.runs.size(); ++run) {
        EXPECT_EQ(resultsOf(opened.runFolder(run)), resultsOf(whole.runFolder(run)))
            << whole.plan.runs[run].label;
        const fs::path adapter = fs::path("adapter") / "adapter_model.safetensors";
        if (run < 3) {
            EXPECT_EQ(readFile(opened.runFolder(run) / adapter), readFile(whole.runFolder(run) / adapter));
        }
    }
}

TEST_F(SweepRuns, AFolderTornWhileItWasMadeIsMadeAnew)
{
    const Sweep sweep = create("torn", topLayerRanks({1}));
    fs::create_directories(sweep.runFolder(0));
    std::ofstream(sweep.runFolder(0) / run_files::experiment) << "{";
    EXPECT_EQ(stateOf(sweep, 0), PlannedRunState::Waiting);
    Notes notes;
    EXPECT_EQ(finish(sweep, notes), RunStatus::Completed);
    EXPECT_EQ(stateOf(sweep, 0), PlannedRunState::Done);
}

TEST_F(SweepRuns, ADivergedRunIsAResultAndTheSweepGoesOn)
{
    SweepAxes axes = topLayerRanks({1});
    axes.isFullIncluded = true;
    axes.fullLearningRates = {1e30};
    model.base.training.maxGradNorm = 0;
    SweepPlan plan = model.plan(axes);
    std::swap(plan.runs[0], plan.runs[1]);
    const Sweep sweep = createSweep(model.folder("out"), plan, {});
    Notes notes;
    EXPECT_EQ(finish(sweep, notes), RunStatus::Diverged);
    EXPECT_EQ(notes.begun.size(), 2u);
    EXPECT_EQ(stateOf(sweep, 0), PlannedRunState::Done);
    EXPECT_EQ(readSummary(sweep.runFolder(1)).outcome, "completed");
}

TEST_F(SweepRuns, AnotherRunInAPlannedFolderIsRefusedAndARunThatFailsIsNamed)
{
    const Sweep sweep = create("out", topLayerRanks({1, 2}));
    TrainingControl control;
    Notes notes;
    notes.whenStep = [&](std::size_t, std::int64_t) { control.requestStop(); };
    ASSERT_EQ(runSweep(sweep, memoryBudget(), notes, control), RunStatus::Stopped);
    Sweep other = sweep;
    other.plan.runs[0].experiment.training.learningRate *= 2;
    Notes more;
    expectError(ErrorKind::BadInput, "holds another run", [&] { finish(other, more); });
    other = sweep;
    other.plan.runs[1].experiment.data.train = model.folder("gone.jsonl").string();
    Notes last;
    expectError(ErrorKind::FileSystem, "run 2 of 2, r=2: ", [&] { finish(other, last); });
    EXPECT_EQ(stateOf(sweep, 0), PlannedRunState::Done) << "what is done stays";
}

TEST_F(SweepRuns, ThePlanIsWrittenBeforeTheFirstRunAndReadBackTheSame)
{
    SweepAxes axes = topLayerRanks({1, 2});
    axes.isFullIncluded = axes.isHeadIncluded = true;
    const Sweep made = createSweep(model.folder("out"), model.plan(axes), {"a", "b"});
    EXPECT_NE(made.folder.filename().string().find("-sweep-tiny"), std::string::npos);
    for (const fs::path& given : {made.folder, made.folder / ""}) {
        const Sweep read = openSweep(given);
        EXPECT_EQ(read.folder, made.folder);
        EXPECT_EQ(read.runNames, made.runNames);
        EXPECT_EQ(read.data, made.data);
        EXPECT_EQ(read.plan.name, made.plan.name);
        ASSERT_EQ(read.plan.runs.size(), 4u);
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_EQ(read.plan.runs[i].experiment, made.plan.runs[i].experiment);
            EXPECT_EQ(read.plan.runs[i].label, made.plan.runs[i].label);
            EXPECT_EQ(read.plan.runs[i].lowestLayer, made.plan.runs[i].lowestLayer);
        }
    }
    EXPECT_TRUE(made.runNames[0].ends_with("-tiny-r1")) << made.runNames[0];
    const Sweep second = createSweep(model.folder("out"), model.plan(axes), {});
    EXPECT_NE(second.folder, made.folder);
}

TEST_F(SweepRuns, RunsOfASweepAreFoundByTheListOfRuns)
{
    const Sweep sweep = create("runs", topLayerRanks({1, 2}));
    Notes notes;
    ASSERT_EQ(finish(sweep, notes), RunStatus::Completed);
    RunIndex index(model.folder("index.sqlite"), {model.folder("runs")});
    EXPECT_EQ(index.list().size(), 2u);
}

TEST_F(SweepRuns, SweepsOfAFolderAreFoundAndDamagedOnesLeftOut)
{
    EXPECT_TRUE(sweepsIn(model.folder("nowhere")).empty());
    const Sweep first = create("out", topLayerRanks({1}));
    const Sweep second = create("out", topLayerRanks({1, 2}));
    const Sweep damaged = create("out", topLayerRanks({4}));
    writeFileAtomically(damaged.folder / sweepFile, "{");
    const std::vector<Sweep> found = sweepsIn(model.folder("out"));
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].folder, second.folder) << "newest first";
    EXPECT_EQ(found[1].folder, first.folder);
}

TEST_F(SweepRuns, ADamagedPlanIsRefusedWithItsPlace)
{
    expectError(ErrorKind::BadUsage, "holds no sweep.json", [&] { openSweep(model.folder("none")); });
    const Sweep made = create("out", topLayerRanks({1, 2}));
    const fs::path file = made.folder / sweepFile;
    const nlohmann::json whole = nlohmann::json::parse(readFile(file));
    const auto refuses = [&](const std::string& text, const std::string& part) {
        writeFileAtomically(file, text);
        expectError(ErrorKind::BadInput, part, [&] { openSweep(made.folder); });
    };
    refuses("{", "not valid JSON");
    refuses(std::string(100000, '['), "not valid JSON");
    refuses("[]", "expected an object");
    refuses(R"({"version": 2})", "version: found 2");
    refuses(R"({"version": 1, "runs": []})", "expected a list of 1 to");
    const auto changed = [&](const char* pointer, const nlohmann::json& value) {
        nlohmann::json document = whole;
        document[nlohmann::json::json_pointer(pointer)] = value;
        return document.dump();
    };
    for (const char* name : {"", "..", "a/b", "/etc"})
        refuses(changed("/runs/1/folder", name), "runs[1].folder");
    refuses(changed("/runs/1/folder", made.runNames[0]), "runs[1].folder");
    refuses(changed("/runs/0/experiment/method/r", 0), "method.r");
    refuses(changed("/runs/0/experiment", nullptr), "experiment");
    refuses(changed("/more", 1), "more");
    writeFileAtomically(file, whole.dump());
    EXPECT_EQ(openSweep(made.folder).plan.runs.size(), 2u);
}

} // namespace lora::test
