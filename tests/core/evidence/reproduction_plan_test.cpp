#include "core/evidence/reproduction.h"

#include "core/base/error.h"
#include "core/models/model_loader.h"
#include "tests/support/temporary_folder.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(ReproductionPlan, PairsEveryConfigurationWithFullFineTuning)
{
    const ArticleClaim& claim = articleClaim("sentiment");
    const ExperimentConfig base = usualExperiment(claim);
    const SweepPlan plan =
        planReproduction(claim, base, {{1, 2}, 1e-3}, describeModel(base.model, base.task));
    std::set<std::string> labels;
    for (const PlannedRun& run : plan.runs) {
        labels.insert(run.label);
        EXPECT_EQ(run.experiment.training.prefixCache,
                  run.label.find("no cache") == std::string::npos ? "memory" : "off")
            << run.label;
        if (run.experiment.method.type == MethodType::Full) {
            EXPECT_EQ(run.experiment.training.learningRate, 1e-3);
        }
    }
    EXPECT_EQ(plan.runs.size(), 14u);
    EXPECT_EQ(labels.size(), plan.runs.size());
    for (const char* label : {"full fine-tuning seed 1", "head alone seed 2", "r=8 all seed 1",
                              "r=8 top-half seed 2", "r=8 top-quarter no cache seed 2"})
        EXPECT_TRUE(labels.contains(label)) << label;
}

TEST(ReproductionPlan, AnUnknownTaskIsNamedWithThoseThereAre)
{
    try {
        articleClaim("poetry");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::BadUsage);
        EXPECT_NE(std::string(error.what()).find("sentiment, topics, qa"), std::string::npos);
    }
}

TEST(Reproduction, DamagedFilesAreToldFromMissingOnes)
{
    TemporaryFolder folder;
    EXPECT_THROW(openReproduction(folder.path()), Error);
    const auto kindOf = [&](const std::string& text) {
        std::ofstream(folder.path() / reproductionFile) << text;
        try {
            openReproduction(folder.path());
        } catch (const Error& error) {
            return error.kind();
        }
        return ErrorKind::Internal;
    };
    EXPECT_EQ(kindOf("{"), ErrorKind::BadInput);
    EXPECT_EQ(kindOf("[]"), ErrorKind::BadInput);
    EXPECT_EQ(kindOf(R"({"command": "", "tasks": [{"task": "qa", "sweep": "../elsewhere"}]})"),
              ErrorKind::BadInput);
    EXPECT_EQ(kindOf(R"({"command": "", "tasks": [{"task": "poetry", "sweep": "s"}]})"), ErrorKind::BadInput);
}

} // namespace
} // namespace lora::test
