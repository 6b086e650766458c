#include "core/evidence/task_evidence.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

EvidenceRow row(const std::string& label, double quality, double difference, double half, double saved)
{
    EvidenceRow result;
    result.label = label;
    result.quality = MeanInterval{quality, 0, {}, 3};
    result.difference = PairedDifference{};
    result.difference->difference = difference;
    result.difference->interval = {difference - half, difference + half};
    result.savedCompute = {saved, 0, {}, 3};
    return result;
}

TaskEvidence evidenceWith(std::vector<EvidenceRow> rows, double full = 0.9, double untuned = 0.5)
{
    TaskEvidence evidence;
    evidence.claim = articleClaim("sentiment");
    evidence.metric = "accuracy";
    evidence.untuned = untuned;
    EvidenceRow first = row("full fine-tuning", full, 0, 0, 0);
    first.difference.reset();
    first.isFull = true;
    rows.insert(rows.begin(), first);
    evidence.rows = std::move(rows);
    judge(evidence);
    return evidence;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

TEST(Verdict, AClaimHoldsWhereEnoughIsSavedWithinNoise)
{
    const TaskEvidence evidence =
        evidenceWith({row("all", 0.9, 0.001, 0.01, 0.3), row("quarter", 0.895, -0.005, 0.01, 0.74)});
    EXPECT_EQ(evidence.verdict, Verdict::Holds);
    EXPECT_TRUE(contains(evidence.sentence, "quarter saves 74")) << evidence.sentence;
    EXPECT_TRUE(contains(evidence.sentence, "−1.5 to 0.50")) << evidence.sentence;
}

TEST(Verdict, AClaimFailsWhereWhatSavesEnoughIsWorse)
{
    const TaskEvidence evidence =
        evidenceWith({row("all", 0.9, 0.001, 0.01, 0.3), row("quarter", 0.8, -0.1, 0.01, 0.74)});
    EXPECT_EQ(evidence.verdict, Verdict::Fails);
    EXPECT_TRUE(contains(evidence.sentence, "quarter, saves 74")) << evidence.sentence;
    EXPECT_TRUE(contains(evidence.sentence, "is worse")) << evidence.sentence;
    EXPECT_TRUE(contains(evidence.sentence, "cheapest within noise of it, all, saves 30"))
        << evidence.sentence;
}

TEST(Verdict, NothingIsSaidBeforeAllPlannedRunsAreDone)
{
    TaskEvidence evidence = evidenceWith({row("quarter", 0.895, -0.005, 0.01, 0.74)});
    ASSERT_EQ(evidence.verdict, Verdict::Holds);
    evidence.runsLeft = 2;
    judge(evidence);
    EXPECT_EQ(evidence.verdict, Verdict::CannotTell);
    EXPECT_TRUE(contains(evidence.sentence, "2 planned runs are left")) << evidence.sentence;
}

TEST(Verdict, AClaimFailsWhereNothingSavesEnough)
{
    EXPECT_EQ(evidenceWith({row("half", 0.9, 0, 0.01, 0.69)}).verdict, Verdict::Fails);
    EXPECT_EQ(evidenceWith({row("half", 0.9, 0, 0.01, 0.7)}).verdict, Verdict::Holds);
}

TEST(Verdict, NothingIsSaidWhereFullFineTuningHasLearntNothing)
{
    const TaskEvidence evidence = evidenceWith({row("quarter", 0.08, 0, 0.01, 0.8)}, 0.08, 0.02);
    EXPECT_EQ(evidence.verdict, Verdict::CannotTell);
    EXPECT_TRUE(contains(evidence.sentence, "being as good says little")) << evidence.sentence;
}

TEST(Verdict, NothingIsSaidWithoutRuns)
{
    TaskEvidence none;
    judge(none);
    EXPECT_EQ(none.verdict, Verdict::CannotTell);
    EXPECT_TRUE(contains(none.sentence, "not there"));
}

} // namespace
} // namespace lora::test
