// What becomes of a run that is stopped, killed and resumed.
#include "tests/cli/small_task.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

/// "step loss" of every optimiser step, digits as in the file: equal text is equal bits.
std::vector<std::string> losses(const fs::path& run)
{
    std::vector<std::string> found;
    std::istringstream lines(textOfFile(run / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
        if (line.find("\"loss\"") != std::string::npos)
            found.push_back(line.substr(0, line.find("\"learning_rate\"")));
    }
    return found;
}

class Interruption : public testing::Test
{
protected:
    Interruption()
    {
        nlohmann::json experiment = task.experiment();
        experiment["training"].update(
            {{"max_steps", steps}, {"save_steps", 100}, {"eval_steps", 200}, {"hidden_dropout", 0.1}});
        task.writeExperiment(experiment);
    }

    std::vector<std::string> trainArguments(const std::string& run) const
    {
        return {"train", task.path("experiment.json"), "--out", task.path(run), "--json"};
    }

    /// Starts training and waits until it has done some steps.
    void startAndReach(const std::string& run, std::size_t step)
    {
        task.program.start(trainArguments(run));
        while (!task.program.hasEnded() && losses(task.path(run)).size() < step)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    static constexpr int steps = 2000;
    SmallTask task;
};

} // namespace

TEST_F(Interruption, AKilledRunResumesToTheSameLossesBitForBit)
{
    ASSERT_EQ(task.program.run(trainArguments("whole")).code, 0);
    startAndReach("killed", 150);
    ASSERT_FALSE(task.program.hasEnded()) << "too fast to be killed in mid-run";
    task.program.signal(SIGKILL);
    EXPECT_EQ(task.program.wait().code, 128 + SIGKILL);
    const std::size_t before = losses(task.path("killed")).size();
    ASSERT_LT(before, static_cast<std::size_t>(steps));

    const Finished resumed = task.program.run({"train", "--resume", task.path("killed"), "--json"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(resumed.json().at("outcome"), "completed");
    EXPECT_NE(resumed.err.find("from step"), std::string::npos) << resumed.err;
    EXPECT_EQ(losses(task.path("killed")), losses(task.path("whole")));
    EXPECT_EQ(textOfFile(task.path("killed/adapter/adapter_model.safetensors")),
              textOfFile(task.path("whole/adapter/adapter_model.safetensors")));
}

TEST_F(Interruption, TheFirstInterruptStopsWithinAStepAndLeavesAWholeRun)
{
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string run = "stopped" + std::to_string(signal);
        startAndReach(run, 20);
        task.program.signal(signal);
        const Finished stopped = task.program.wait();
        EXPECT_EQ(stopped.code, 130) << stopped.err;
        EXPECT_EQ(stopped.json().at("outcome"), "stopped");
        const auto summary = nlohmann::json::parse(textOfFile(task.path(run + "/summary.json")));
        EXPECT_EQ(summary.at("outcome"), "stopped");
        EXPECT_EQ(summary.at("steps"), losses(task.path(run)).size());
        EXPECT_TRUE(fs::exists(task.path(run + "/adapter/adapter_model.safetensors")));
        EXPECT_EQ(task.program.run({"predict", task.path(run), "--text", "the film was good"}).code, 0);
    }
}

TEST_F(Interruption, AStoppedRunResumesToTheSameLossesBitForBit)
{
    ASSERT_EQ(task.program.run(trainArguments("whole")).code, 0);
    startAndReach("stopped", 50);
    task.program.signal(SIGINT);
    ASSERT_EQ(task.program.wait().code, 130);
    ASSERT_EQ(task.program.run({"train", "--resume", task.path("stopped")}).code, 0);
    EXPECT_EQ(losses(task.path("stopped")), losses(task.path("whole")));
}

TEST_F(Interruption, ResumingWithOtherSettingsIsRefusedByName)
{
    startAndReach("run", 50);
    task.program.signal(SIGINT);
    ASSERT_EQ(task.program.wait().code, 130);
    const Finished refused = task.program.run({"train", task.path("experiment.json"), "--resume",
                                               task.path("run"), "--set", "training.learning_rate=0.5"});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("training.learning_rate: 0.01 → 0.5"), std::string::npos) << refused.err;
    EXPECT_EQ(task.program.run({"train", "--resume", task.path("run"), "--set", "method.r=3"}).code, 2);
    const Finished threads =
        task.program.run({"train", "--resume", task.path("run"), "--set", "training.threads=1"});
    EXPECT_EQ(threads.code, 2);
    EXPECT_NE(threads.err.find("2 worker(s)"), std::string::npos) << threads.err;
}

TEST_F(Interruption, DivergenceEndsWithExitCode3)
{
    const Finished diverged =
        task.program.run({"train", task.path("experiment.json"), "--out", task.path("run"), "--json", "--set",
                          "training.learning_rate=1e30", "--set", "training.max_grad_norm=0"});
    EXPECT_EQ(diverged.code, 3) << diverged.err;
    EXPECT_EQ(diverged.json().at("outcome"), "diverged");
}

} // namespace lora::test
