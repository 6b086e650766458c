#include "core/io/atomic_file.h"
#include "core/runs/run_files.h"
#include "core/runs/run_summary_json.h"
#include "tests/core/runs/sample_runs.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <csignal>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace lora {
namespace {

namespace fs = std::filesystem;
using namespace test;

std::vector<nlohmann::json> linesOf(const fs::path& file)
{
    std::vector<nlohmann::json> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(nlohmann::json::parse(line));
    return lines;
}

std::vector<std::string> keysOf(const nlohmann::json& object)
{
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items())
        keys.push_back(key);
    return keys;
}

/// While alive, this process cannot make any file longer than `bytes`: a full disk as write() sees it.
class FileSizeLimit
{
public:
    explicit FileSizeLimit(rlim_t bytes)
        : m_handler(std::signal(SIGXFSZ, SIG_IGN))
    {
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit()
    {
        setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_handler);
    }

private:
    void (*m_handler)(int);
    rlimit m_before = {};
};

TEST(RunRecorder, WritesExactlyTheKeysOfTheFormat)
{
    const TemporaryFolder folder;
    recordRun(folder / "run");
    const auto lines = linesOf(folder / "run/metrics.jsonl");
    ASSERT_EQ(lines.size(), 6u);
    const std::vector<std::string> stepKeys = {"epoch",   "grad_norm", "learning_rate",    "loss",
                                               "seconds", "step",      "tokens_per_second"};
    const std::vector<std::string> evalKeys = {"epoch", "eval_accuracy", "eval_loss", "seconds", "step"};
    EXPECT_EQ(keysOf(lines[0]), evalKeys);
    EXPECT_EQ(keysOf(lines[1]), stepKeys);
    EXPECT_EQ(keysOf(lines[5]), evalKeys);
    EXPECT_EQ(lines[0]["step"], 0);
    EXPECT_EQ(lines[3]["step"], 3);
    EXPECT_EQ(lines[3]["loss"], 1.0 / 3);
}

TEST(RunRecorder, EveryLineIsInTheFileBeforeTheNextStep)
{
    const TemporaryFolder folder;
    RunRecorder recorder(folder / "run", sampleOrigin());
    for (std::int64_t step = 1; step <= 3; ++step) {
        recorder.onStep(sampleStep(step));
        EXPECT_EQ(linesOf(folder / "run/metrics.jsonl").size(), static_cast<std::size_t>(step));
    }
}

TEST(RunRecorder, WhatItWritesIsReadBackUnchanged)
{
    const TemporaryFolder folder;
    recordRun(folder / "run");
    const auto record = readRun(folder / "run");
    EXPECT_EQ(record->id, "run");
    EXPECT_EQ(record->experiment, sampleExperiment());
    ASSERT_EQ(record->steps.size(), 4u);
    EXPECT_EQ(record->steps[2].loss, 1.0 / 3);
    EXPECT_EQ(record->steps[2].tokensPerSecond, 1234.5);
    ASSERT_EQ(record->evaluations.size(), 2u);
    EXPECT_EQ(record->evaluations[1].value("accuracy"), 0.875);
    EXPECT_EQ(record->summary.outcome, "completed");
    EXPECT_EQ(record->summary.tokensTrained, 400);
    EXPECT_EQ(record->summary.untuned.at("accuracy"), 0.5);
    EXPECT_EQ(record->summary.best.at("accuracy"), 0.875);
    EXPECT_EQ(record->summary.bestStep, 4);
    EXPECT_FALSE(record->summary.host.empty());
    EXPECT_EQ(readRunHashes(folder / "run").model, "00112233aabbccdd");
    EXPECT_EQ(readRunHashes(folder / "run").eval, "");
}

TEST(RunRecorder, TheExperimentFileOfARunCanBeTrainedAgain)
{
    const TemporaryFolder folder;
    recordRun(folder / "run");
    EXPECT_EQ(loadExperiment(folder / "run/experiment.json"), sampleExperiment());
}

TEST(RunRecorder, AFolderThatHoldsARunIsRefused)
{
    const TemporaryFolder folder;
    recordRun(folder / "run");
    expectError(ErrorKind::BadUsage, "holds a run already",
                [&] { RunRecorder(folder / "run", sampleOrigin()); });
}

TEST(RunRecorder, RunWithoutSummaryIsRunningWhileWrittenAndInterruptedAfterwards)
{
    const TemporaryFolder folder;
    {
        RunRecorder recorder(folder / "run", sampleOrigin());
        playSteps(recorder, 3);
        EXPECT_EQ(readRun(folder / "run")->summary.outcome, "running");
    }
    const auto record = readRun(folder / "run");
    EXPECT_EQ(record->summary.outcome, "interrupted");
    EXPECT_EQ(record->summary.steps, 3);
    EXPECT_EQ(record->summary.trainSeconds, 0.75);
    EXPECT_EQ(record->summary.best.at("accuracy"), 0.875);
}

TEST(RunRecorder, ASecondWriterOfTheSameRunIsRefused)
{
    const TemporaryFolder folder;
    RunRecorder recorder(folder / "run", sampleOrigin());
    expectError(ErrorKind::FileSystem, "being written by another run",
                [&] { RunRecorder::resume(folder / "run", 0); });
}

TEST(RunRecorder, ResumeDropsWhatCameAfterTheCheckpointAndATornLine)
{
    const TemporaryFolder folder;
    recordRun(folder / "run", sampleOrigin(), 6);
    std::ofstream(folder / "run/metrics.jsonl", std::ios::app) << R"({"step": 7, "lo)";
    {
        const auto recorder = RunRecorder::resume(folder / "run", 3);
        EXPECT_FALSE(fs::exists(folder / "run/summary.json"));
        recorder->onStart({6, 3, 320, 64, "accuracy"});
        for (std::int64_t step = 4; step <= 6; ++step)
            recorder->onStep(sampleStep(step));
        recorder->onEvaluation(sampleEvaluation(6, 0.9));
        recorder->finish(completed(6));
    }
    const auto record = readRun(folder / "run");
    ASSERT_EQ(record->steps.size(), 6u);
    for (std::size_t index = 0; index < 6; ++index)
        EXPECT_EQ(record->steps[index].step, static_cast<std::int64_t>(index) + 1);
    ASSERT_EQ(record->evaluations.size(), 2u);
    EXPECT_EQ(record->summary.untuned.at("accuracy"), 0.5);
    EXPECT_EQ(record->summary.best.at("accuracy"), 0.9);
}

TEST(RunRecorder, AnEvaluationRepeatedAtTheCheckpointIsNotRecordedTwice)
{
    const TemporaryFolder folder;
    recordRun(folder / "run", sampleOrigin(), 4);
    {
        const auto recorder = RunRecorder::resume(folder / "run", 4);
        recorder->onEvaluation(sampleEvaluation(4, 0.875));
        recorder->finish(completed(4));
    }
    EXPECT_EQ(readRun(folder / "run")->evaluations.size(), 2u);
}

TEST(RunRecorder, AFullDiskIsReportedOnceAndLeavesWholeLines)
{
    const TemporaryFolder folder;
    RunRecorder recorder(folder / "run", sampleOrigin());
    recorder.onStep(sampleStep(1));
    const auto whole = fs::file_size(folder / "run/metrics.jsonl");
    {
        const FileSizeLimit limit(whole + 20);
        expectError(ErrorKind::FileSystem, "metrics.jsonl", [&] { recorder.onStep(sampleStep(2)); });
        EXPECT_NO_THROW(recorder.onStep(sampleStep(3)));
        EXPECT_NO_THROW(recorder.finish(completed(3)));
    }
    EXPECT_EQ(fs::file_size(folder / "run/metrics.jsonl"), whole);
    EXPECT_FALSE(fs::exists(folder / "run/summary.json"));
    EXPECT_EQ(readRun(folder / "run")->steps.size(), 1u);
}

TEST(RunRecorder, NumbersThatAreNotFiniteSurviveAsMissing)
{
    const TemporaryFolder folder;
    {
        RunRecorder recorder(folder / "run", sampleOrigin());
        StepMetrics step = sampleStep(1);
        step.loss = std::numeric_limits<double>::infinity();
        step.gradNorm = std::numeric_limits<double>::quiet_NaN();
        recorder.onStep(step);
    }
    EXPECT_TRUE(linesOf(folder / "run/metrics.jsonl")[0]["loss"].is_null());
    const auto record = readRun(folder / "run");
    EXPECT_TRUE(std::isnan(record->steps[0].loss));
    EXPECT_TRUE(std::isnan(record->steps[0].gradNorm));
}

TEST(RunRecorder, AFolderThatCannotBeMadeIsReported)
{
    const TemporaryFolder folder;
    folder.write("file", "x");
    expectError(ErrorKind::FileSystem, "file", [&] { RunRecorder(folder / "file/run", sampleOrigin()); });
}

} // namespace
} // namespace lora
