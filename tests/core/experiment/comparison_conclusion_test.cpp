#include "core/experiment/comparison_conclusion.h"

#include <cmath>

#include <gtest/gtest.h>

namespace lora {
namespace {

ComparisonRow row(const std::string& name, const std::string& method, double accuracy, double compute,
                  std::int64_t trained)
{
    ComparisonRow made;
    made.name = name;
    made.method = method;
    made.metric = accuracy;
    made.computeRatio = compute;
    made.trainableParameters = trained;
    return made;
}

/// Full fine-tuning at 90 %: on 900 rows one standard error is one point.
RunComparison comparison(std::vector<ComparisonRow> rows)
{
    rows.push_back(row("full fine-tuning", "full", 0.90, 1, 1000));
    return {"accuracy", std::move(rows), {}};
}

bool says(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST(ComparisonConclusion, StandardErrorIsTheBinomialOne)
{
    EXPECT_DOUBLE_EQ(accuracyStandardError(0.9, 900), 0.01);
    EXPECT_EQ(accuracyStandardError(1, 900), 0);
    EXPECT_EQ(accuracyStandardError(0.5, 0), 0);
}

TEST(ComparisonConclusion, OfRunsWithinNoiseTheCheapestIsNamedWithItsCost)
{
    const std::string text = comparisonConclusion(
        comparison({row("r=16", "lora", 0.901, 0.7, 100), row("top quarter", "lora", 0.892, 0.26, 20)}), 900);
    EXPECT_TRUE(says(text, "top quarter (89.2 % accuracy) is within noise of full fine-tuning (90.0 %)"))
        << text;
    EXPECT_TRUE(says(text, "at 26.0 % of its compute and 2.00 % of its trained parameters")) << text;
    EXPECT_TRUE(says(text, "on 900 rows is 1.0 points")) << text;
}

TEST(ComparisonConclusion, ADifferenceBeyondOneStandardErrorIsNeverNoise)
{
    const std::string below = comparisonConclusion(comparison({row("r=4", "lora", 0.88, 0.68, 50)}), 900);
    EXPECT_FALSE(says(below, "is within noise")) << below;
    EXPECT_TRUE(says(below, "2.0 points below full fine-tuning")) << below;
    const std::string above = comparisonConclusion(comparison({row("r=4", "lora", 0.93, 0.68, 50)}), 900);
    EXPECT_FALSE(says(above, "is within noise")) << above;
    EXPECT_TRUE(says(above, "3.0 points above full fine-tuning")) << above;
}

TEST(ComparisonConclusion, TheSmallerStandardErrorOfTheTwoDecides)
{
    // 0.99 has a standard error of 0.33 points on 900 rows, 0.986 one of 0.39: 0.36 points lie between.
    RunComparison close{
        "accuracy", {row("r=4", "lora", 0.9864, 0.7, 50), row("full", "full", 0.99, 1, 1000)}, {}};
    EXPECT_FALSE(says(comparisonConclusion(close, 900), "is within noise"));
}

TEST(ComparisonConclusion, NothingIsConcludedWithoutBothSidesAndAnAccuracy)
{
    EXPECT_EQ(comparisonConclusion({"accuracy", {row("r=4", "lora", 0.9, 0.7, 50)}, {}}, 900), "");
    EXPECT_EQ(comparisonConclusion(comparison({}), 900), "");
    EXPECT_EQ(comparisonConclusion(comparison({row("r=4", "lora", 0.9, 0.7, 50)}), 0), "");
    RunComparison loss = comparison({row("r=4", "lora", 0.9, 0.7, 50)});
    loss.metric = "loss";
    EXPECT_EQ(comparisonConclusion(loss, 900), "");
}

} // namespace lora
