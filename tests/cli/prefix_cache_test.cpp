// What frozen layers compute is kept within a run, between runs and within a budget.
#include "tests/cli/small_task.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

class PrefixCacheSession : public testing::Test
{
protected:
    PrefixCacheSession()
    {
        nlohmann::json experiment = task.experiment();
        experiment["method"]["layers_to_transform"] = {3};
        experiment["training"]["num_train_epochs"] = 3;
        experiment["training"]["hidden_dropout"] = 0;
        task.writeExperiment(experiment);
    }

    Finished train(const std::string& name, const std::vector<std::string>& more = {})
    {
        std::vector<std::string> arguments{"train", task.path("experiment.json"), "--out", task.path(name),
                                           "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return task.program.run(arguments);
    }

    std::size_t keptFiles() const
    {
        std::error_code none;
        const auto files = fs::directory_iterator(task.program.cacheFolder(), none);
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }

    SmallTask task;
};

TEST_F(PrefixCacheSession, ASecondRunStartsWhereTheFirstLeftOff)
{
    const Finished first = train("first");
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_NE(first.err.find("what they make of the 160 training rows is computed once and kept in "),
              std::string::npos)
        << first.err;
    EXPECT_EQ(keptFiles(), 2u);
    const Finished second = train("second", {"--set", "method.r=4"});
    EXPECT_NE(second.err.find("is computed by an earlier session and kept in "), std::string::npos)
        << second.err;
    const Finished off = train("off", {"--set", "training.prefix_cache=off"});
    EXPECT_EQ(off.err.find("Prefix cache"), std::string::npos);
    const double computed = first.json()["flops"];
    EXPECT_EQ(computed, first.json()["estimate"]["flops"]);
    EXPECT_LT(second.json()["flops"], computed);
    EXPECT_GT(off.json()["flops"], computed);
    EXPECT_NEAR(off.json()["final"]["eval_loss"].get<double>(),
                first.json()["final"]["eval_loss"].get<double>(), 1e-5);
}

TEST_F(PrefixCacheSession, TheBudgetIsTheUsers)
{
    EXPECT_EQ(train("none", {"--prefix-cache-budget", "0"}).code, 0);
    EXPECT_EQ(keptFiles(), 0u);
    const Finished memory = train("memory", {"--set", "training.prefix_cache=memory"});
    EXPECT_NE(memory.err.find("kept in memory"), std::string::npos) << memory.err;
    EXPECT_EQ(keptFiles(), 0u);
    EXPECT_EQ(train("small", {"--prefix-cache-budget", "1kB"}).code, 0);
    EXPECT_EQ(keptFiles(), 0u);
    EXPECT_EQ(train("large", {"--prefix-cache-budget", "1MB"}).code, 0);
    EXPECT_EQ(keptFiles(), 2u);
    EXPECT_EQ(train("wrong", {"--prefix-cache-budget", "plenty"}).code, 2);
}

TEST_F(PrefixCacheSession, CostSaysWhatItSavesAndTakes)
{
    const auto cost = [&](const std::string& mode) {
        return task.program
            .run({"cost", task.path("experiment.json"), "--json", "--set", "training.prefix_cache=" + mode})
            .json();
    };
    const nlohmann::json cached = cost("auto");
    const nlohmann::json off = cost("off");
    EXPECT_GT(cached["memory_bytes"]["cache"], 0);
    EXPECT_EQ(off["memory_bytes"]["cache"], 0);
    EXPECT_LT(cached["flops_per_token"]["forward"], off["flops_per_token"]["forward"]);
    EXPECT_EQ(cached["full_fine_tuning"]["flops_per_epoch"], off["full_fine_tuning"]["flops_per_epoch"]);
    const Finished text = task.program.run({"cost", task.path("experiment.json")});
    EXPECT_NE(text.out.find("frozen layers run once"), std::string::npos) << text.out;
}

} // namespace
} // namespace lora::test
