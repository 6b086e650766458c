#include "core/io/atomic_file.h"
#include "core/runs/outcome_file.h"
#include "core/runs/run_files.h"
#include "tests/core/runs/sample_runs.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

ExampleOutcomes sampleOutcomes(double shift = 0)
{
    ExampleOutcomes outcomes;
    outcomes.examplesHash = "00112233aabbccdd";
    outcomes.classes = 2;
    outcomes.columns = {{"label", {0, 1, 1}},
                        {"predicted", {0, 1, 0}},
                        {"loss", {0.125 + shift, 1e-7, 2.5}},
                        {"items", {1, 1, 1}}};
    return outcomes;
}

TEST(OutcomeFile, ComesBackAsItWasWritten)
{
    const TemporaryFolder folder;
    const OutcomesByStep outcomes = {{0, sampleOutcomes()}, {12, sampleOutcomes(0.5)}};
    writeOutcomes(folder.path(), outcomes);
    EXPECT_EQ(readOutcomes(folder.path()), outcomes);
    EXPECT_EQ(readFinalOutcomes(folder.path()), sampleOutcomes(0.5));
}

TEST(OutcomeFile, AnOldRunHasNotRecordedThem)
{
    const TemporaryFolder folder;
    EXPECT_TRUE(readOutcomes(folder.path()).empty());
    EXPECT_FALSE(readFinalOutcomes(folder.path()));
}

TEST(OutcomeFile, ARecorderKeepsTheUntunedModelAndTheLastToBeHandedOver)
{
    const TemporaryFolder folder;
    RunRecorder recorder(folder / "run", sampleOrigin());
    for (const std::int64_t step : {0, 4, 8})
        recorder.onExampleOutcomes(step, sampleOutcomes(static_cast<double>(step)));
    const OutcomesByStep kept = readOutcomes(folder / "run");
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept.at(0), sampleOutcomes());
    EXPECT_EQ(kept.at(8), sampleOutcomes(8));
}

TEST(OutcomeFile, ResumingForgetsEvaluationsThatWillBeDoneAgain)
{
    const TemporaryFolder folder;
    {
        RunRecorder recorder(folder / "run", sampleOrigin());
        playSteps(recorder, 4);
        recorder.onExampleOutcomes(0, sampleOutcomes());
        recorder.onExampleOutcomes(4, sampleOutcomes(4));
    }
    {
        const auto resumed = RunRecorder::resume(folder / "run", 2);
        EXPECT_FALSE(readOutcomes(folder / "run").contains(4));
        resumed->onExampleOutcomes(4, sampleOutcomes(5));
    }
    const OutcomesByStep kept = readOutcomes(folder / "run");
    EXPECT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept.at(4), sampleOutcomes(5));
    writeFileAtomically(folder / "run" / run_files::evalExamples, "{torn");
    EXPECT_TRUE(RunRecorder::resume(folder / "run", 2)) << "evaluations are not what a run rests on";
}

TEST(OutcomeFile, DamageIsNamed)
{
    const TemporaryFolder folder;
    const auto refused = [&](const std::string& text, const std::string& fragment) {
        writeFileAtomically(folder / run_files::evalExamples, text);
        expectError(ErrorKind::BadInput, "line 1", [&] { readOutcomes(folder.path()); });
        expectError(ErrorKind::BadInput, fragment, [&] { readOutcomes(folder.path()); });
    };
    const std::string head = R"({"step":0,"examples":"a","count":2,"classes":2,"items":[1,1],)";
    refused("nonsense\n", "expected one JSON object");
    refused(head + R"("loss":[1]})", "expected 2 values for \"loss\", found 1");
    refused(head + R"("loss":[1,"x"]})", "expected numbers in \"loss\"");
    refused(head + R"("loss":[1,1],"label":[0,2],"predicted":[0,0]})", "\"label\" holds 2");
    refused(head + R"("loss":[1,1],"label":[0,1],"predicted":[-1,0]})", "\"predicted\" holds -1");
    refused(head + R"("label":[0,1]})", "expected the columns");
    refused(R"({"step":-1,"examples":"a","count":0,"classes":0,"loss":[],"items":[]})", "\"step\"");
    refused(R"({"step":1,"examples":"a","count":0,"classes":99999999999,"loss":[],"items":[]})", "\"classes\"");
}

} // namespace
} // namespace lora::test
