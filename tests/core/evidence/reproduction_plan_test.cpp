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

TEST(ReproductionPlan, TrainsWhatTheCheckpointLacks)
{
    const ArticleClaim& claim = articleClaim("sentiment");
    const ExperimentConfig base = usualExperiment(claim);
    ModelSummary model = describeModel(base.model, base.task);
    const auto savedIn = [&](const ExperimentConfig& experiment) {
        return planReproduction(claim, experiment, {{1}, {}}, model)
            .runs.front()
            .experiment.method.lora.modulesToSave;
    };
    EXPECT_EQ(savedIn(base), std::vector<std::string>{"pooler.dense"});
    ExperimentConfig named = base;
    named.method.lora.modulesToSave = {"pooler"};
    EXPECT_EQ(savedIn(named), std::vector<std::string>{"pooler"});
    for (ModuleInfo& module : model.modules)
        module.isMissing = false;
    EXPECT_TRUE(savedIn(base).empty());
}

TEST(ReproductionRequest, IsWhatItsCommandSays)
{
    ReproductionRequest request;
    EXPECT_EQ(claimsOf(request).size(), 3u);
    EXPECT_EQ(commandText(request), "lora-workbench-cli reproduce --seeds 1,2,3");
    request.tasks = {"topics"};
    request.model = "my models/bert";
    request.train["topics"] = "news.csv";
    request.eval["topics"] = "dev.csv";
    request.seeds = {4};
    request.rank = 16;
    request.epochs = 2;
    request.settings = {"data.max_length=64"};
    EXPECT_EQ(commandText(request), "lora-workbench-cli reproduce --tasks topics --model 'my models/bert' "
                                    "--topics news.csv --topics-eval dev.csv --seeds 4 --epochs 2 --rank 16 "
                                    "--set data.max_length=64");
    const ExperimentConfig experiment = experimentOf(claimsOf(request).at(0), request);
    EXPECT_EQ(experiment.model, "my models/bert");
    EXPECT_EQ(std::filesystem::path(experiment.data.train).filename(), "news.csv");
    EXPECT_EQ(std::filesystem::path(experiment.data.eval.value()).filename(), "dev.csv");
    EXPECT_EQ(experiment.data.maxLength, 64);
    EXPECT_EQ(experiment.method.lora.r, 16);
    EXPECT_EQ(experiment.method.lora.loraAlpha, 32);
    EXPECT_EQ(experiment.training.numTrainEpochs, 2);
    request.tasks = {"poetry"};
    EXPECT_THROW(claimsOf(request), Error);
    request.settings = {"training.colour=red"};
    EXPECT_THROW(experimentOf(articleClaim("topics"), request), Error);
}

TEST(ReproductionRequest, FullFineTuningTakesATenthOfTheRateSomebodyGave)
{
    ReproductionRequest request;
    EXPECT_EQ(settingsOf(request).fullLearningRate, usualFullLearningRate);
    request.learningRate = 0.002;
    EXPECT_FALSE(settingsOf(request).fullLearningRate); // as in sweeps: a tenth
    request.fullLearningRate = 0.5;
    EXPECT_EQ(settingsOf(request).fullLearningRate, 0.5);
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
