#include "core/runs/run_index.h"

#include "core/io/atomic_file.h"
#include "tests/core/runs/sample_runs.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

using namespace test;

class RunIndexFolder : public testing::Test
{
protected:
    RunIndex open() { return RunIndex(file(), {folder / "runs"}); }
    std::filesystem::path file() const { return folder / "data/index.sqlite"; }
    std::filesystem::path run(const std::string& name) const { return folder / "runs" / name; }

    TemporaryFolder folder;
};

TEST_F(RunIndexFolder, FindsTheRunsOfItsParents)
{
    recordRun(run("a"), sampleOrigin("first"));
    recordRun(run("b"), sampleOrigin("second"));
    RunIndex index = open();
    const auto entries = index.list();
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].id, "b");
    EXPECT_EQ(entries[0].name, "second");
    EXPECT_EQ(entries[0].method, "lora");
    EXPECT_EQ(entries[0].outcome, "completed");
    EXPECT_EQ(entries[0].metric, "accuracy");
    EXPECT_EQ(entries[0].metricValue, 0.875);
}

TEST_F(RunIndexFolder, RemembersRunsElsewhereUntilTheirFolderIsGone)
{
    recordRun(folder / "elsewhere/run");
    open().add(folder / "elsewhere/run/");
    EXPECT_EQ(open().list().size(), 1u);
    std::filesystem::remove_all(folder / "elsewhere");
    EXPECT_TRUE(open().list().empty());
}

TEST_F(RunIndexFolder, AddingTwiceKeepsOneUpToDateLine)
{
    recordRun(folder / "elsewhere/run");
    RunIndex index = open();
    index.add(folder / "elsewhere/run");
    {
        const auto recorder = RunRecorder::resume(folder / "elsewhere/run", 4);
        RunOutcome outcome = completed(4);
        outcome.status = RunStatus::Stopped;
        recorder->finish(outcome);
    }
    index.add(folder / "elsewhere/../elsewhere/run");
    const auto entries = index.list();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].outcome, "stopped");
}

TEST_F(RunIndexFolder, ARunIsBroughtUpToDateWhenItEnds)
{
    RunIndex index = open();
    {
        RunRecorder recorder(run("a"), sampleOrigin());
        playSteps(recorder, 4);
        EXPECT_EQ(index.list().at(0).outcome, "running");
        recorder.finish(completed(4));
    }
    EXPECT_EQ(index.list().at(0).outcome, "completed");
}

TEST_F(RunIndexFolder, RemovingForgetsTheLineAndKeepsTheFolder)
{
    recordRun(folder / "elsewhere/run");
    RunIndex index = open();
    index.add(folder / "elsewhere/run");
    index.remove(folder / "elsewhere/run");
    EXPECT_TRUE(index.list().empty());
    EXPECT_TRUE(std::filesystem::exists(folder / "elsewhere/run/metrics.jsonl"));
}

TEST_F(RunIndexFolder, ADamagedFileIsMadeAnewFromTheFolders)
{
    recordRun(run("a"));
    const auto before = open().list();
    for (const std::string& garbage :
         {std::string("this is not a database at all, not even nearly so"),
          "SQLite format 3" + std::string(4000, '\0'), std::string(5000, '\xff')}) {
        std::filesystem::remove(file());
        writeFileAtomically(file(), garbage);
        EXPECT_EQ(open().list(), before);
    }
}

TEST_F(RunIndexFolder, DamageInTheMiddleOfTheFileIsRepairedToo)
{
    for (int number = 0; number < 30; ++number)
        recordRun(run("r" + std::to_string(number)), sampleOrigin(std::string(400, 'x')));
    EXPECT_EQ(open().list().size(), 30u);
    std::string bytes = readFile(file());
    ASSERT_GT(bytes.size(), 8192u);
    for (std::size_t at = 4096; at < bytes.size(); ++at)
        bytes[at] = '\x5a';
    writeFileAtomically(file(), bytes);
    EXPECT_EQ(open().list().size(), 30u);
}

TEST_F(RunIndexFolder, ADamagedRunDoesNotHideTheOthers)
{
    recordRun(run("a"));
    recordRun(run("b"));
    writeFileAtomically(run("a") / "experiment.json", "{");
    RunIndex index = open();
    EXPECT_EQ(index.list().size(), 1u);
    expectError(ErrorKind::BadInput, "experiment.json", [&] { index.add(run("a")); });
}

TEST_F(RunIndexFolder, RebuildForgetsWhatIsNotInTheParents)
{
    recordRun(run("a"));
    recordRun(folder / "elsewhere/run");
    RunIndex index = open();
    index.add(folder / "elsewhere/run");
    EXPECT_EQ(index.list().size(), 2u);
    index.rebuild();
    EXPECT_EQ(index.list().size(), 1u);
}

TEST_F(RunIndexFolder, AnUnwritablePlaceIsReported)
{
    folder.write("file", "x");
    expectError(ErrorKind::FileSystem, "file", [&] { RunIndex(folder / "file/index.sqlite", {}); });
}

} // namespace
} // namespace lora
