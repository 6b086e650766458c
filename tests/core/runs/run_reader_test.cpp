#include "core/io/atomic_file.h"
#include "core/runs/run_files.h"
#include "tests/core/runs/sample_runs.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"
#include "tests/support/temporary_folder.h"

#include <fstream>

#include <gtest/gtest.h>

namespace lora {
namespace {

using namespace test;

class RunReader : public testing::Test
{
protected:
    RunReader() { recordRun(folder / "run"); }

    void append(const std::string& text) { std::ofstream(run() / "metrics.jsonl", std::ios::app) << text; }
    std::filesystem::path run() const { return folder / "run"; }

    TemporaryFolder folder;
};

TEST_F(RunReader, ATornLastLineIsIgnored)
{
    append(R"({"step": 5, "loss": 0.1)");
    EXPECT_EQ(readRun(run())->steps.size(), 4u);
}

TEST_F(RunReader, ADamagedLineIsNamedByFileAndNumber)
{
    append("{\"step\": 5, \"loss\": 0.1\n");
    expectError(ErrorKind::BadInput, "metrics.jsonl, line 7: expected one JSON object",
                [&] { readRun(run()); });
}

TEST_F(RunReader, WrongTypesAreNamed)
{
    for (const auto& [line, problem] : std::vector<std::pair<std::string, std::string>>{
             {R"({"step": "five", "loss": 1})", "whole number for \"step\""},
             {R"({"step": -1, "loss": 1})", "found -1"},
             {R"({"loss": 1})", "\"step\""},
             {R"({"step": 5, "loss": "low"})", "number for \"loss\", found string"},
             {R"({"step": 5, "eval_loss": []})", "number for \"eval_loss\", found array"},
             {R"({"step": 5})", "expected \"loss\""},
             {"[1, 2]", "JSON object"},
             {"", "JSON object"}}) {
        const TemporaryFolder other;
        recordRun(other / "run");
        std::ofstream(other / "run/metrics.jsonl", std::ios::app) << line << '\n';
        expectError(ErrorKind::BadInput, problem, [&] { readRun(other / "run"); });
    }
}

TEST_F(RunReader, AnEndlessLineIsRefused)
{
    append("{\"step\": 5, \"loss\": 1" + std::string(2 << 20, ' ') + "}\n");
    expectError(ErrorKind::BadInput, "line 7: longer than", [&] { readRun(run()); });
}

TEST_F(RunReader, ADamagedSummaryIsNamed)
{
    writeFileAtomically(run() / "summary.json", R"({"outcome": "completed", "steps": "many"})");
    expectError(ErrorKind::BadInput, "summary.json: expected a number for \"steps\"",
                [&] { readRun(run()); });
    writeFileAtomically(run() / "summary.json", R"({"outcome": "completed", "steps": 1e300})");
    expectError(ErrorKind::BadInput, "\"steps\"", [&] { readRun(run()); });
    writeFileAtomically(run() / "summary.json", R"({"outcome": "completed", "final": 3})");
    expectError(ErrorKind::BadInput, "\"final\"", [&] { readRun(run()); });
}

TEST_F(RunReader, ADamagedExperimentIsBadInputAndNamed)
{
    writeFileAtomically(run() / "experiment.json", R"({"model": 3})");
    expectError(ErrorKind::BadInput, "experiment.json", [&] { readRun(run()); });
    writeFileAtomically(run() / "experiment.json", "[]");
    expectError(ErrorKind::BadInput, "experiment.json", [&] { readRun(run()); });
}

TEST_F(RunReader, AFolderWithoutARunIsRefused)
{
    expectError(ErrorKind::BadUsage, "is not a run folder", [&] { readRun(folder.path()); });
    expectError(ErrorKind::BadUsage, "is not a run folder", [&] { readRun(folder / "nowhere"); });
}

TEST_F(RunReader, ATrailingSlashKeepsTheName)
{
    EXPECT_EQ(readRun(run() / "")->id, "run");
}

TEST_F(RunReader, MutatedFilesAreReadOrRefusedButNeverCrash)
{
    Rng rng(7, "mutation");
    int refused = 0;
    for (const char* name : {run_files::experiment, run_files::metrics, run_files::summary}) {
        const std::string original = readFile(run() / name);
        for (int round = 0; round < 200; ++round) {
            std::ofstream(run() / name, std::ios::binary) << mutated(original, rng);
            try {
                readRun(run());
            } catch (const Error&) {
                ++refused;
            }
        }
        writeFileAtomically(run() / name, original);
    }
    EXPECT_GT(refused, 100);
    EXPECT_EQ(readRun(run())->steps.size(), 4u);
}

} // namespace
} // namespace lora
