// A sweep as a user makes it: the plan, the runs, the comparison; killed, stopped and gone on with.
#include "tests/cli/small_task.h"

#include "core/base/display_text.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

/// "step loss" of every optimiser step and every evaluation without its times: equal text is equal bits.
std::vector<std::string> results(const fs::path& run)
{
    std::vector<std::string> found;
    std::istringstream lines(textOfFile(run / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
        nlohmann::ordered_json values = nlohmann::ordered_json::parse(line, nullptr, false);
        if (values.is_discarded())
            continue; // the line being written
        values.erase("seconds");
        values.erase("tokens_per_second");
        found.push_back(values.dump());
    }
    return found;
}

/// Folders in `parent` whose name has `part` in it, in order.
std::vector<fs::path> foldersWith(const fs::path& parent, const std::string& part)
{
    std::vector<fs::path> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(parent, none))
        if (entry.path().filename().string().find(part) != std::string::npos)
            found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
}

/// Lines joined, so that a sentence is found wherever it was broken.
std::string unwrapped(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    return text;
}

void expectNarrow(const std::string& text)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.find("/") == std::string::npos) { // paths may be as long as they are
            EXPECT_LE(displayWidth(line), 80u) << line;
        }
}

class Sweeping : public testing::Test
{
protected:
    Sweeping()
    {
        nlohmann::json experiment = task.experiment();
        experiment["training"].update({{"num_train_epochs", 2}, {"hidden_dropout", 0}});
        task.writeExperiment(experiment);
    }

    std::vector<std::string> arguments(const std::string& out, const std::vector<std::string>& more) const
    {
        std::vector<std::string> all{"sweep", task.path("experiment.json"), "--out", task.path(out)};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    fs::path sweepFolder(const std::string& out) const
    {
        const auto folders = foldersWith(task.path(out), "-sweep-");
        return folders.size() == 1 ? folders.front() : fs::path();
    }

    SmallTask task;
};

} // namespace

TEST_F(Sweeping, ADryRunPrintsThePlanAndTrainsNothing)
{
    const std::vector<std::string> axes{"--ranks",  "1,4",          "--targets",   "query,value;all-linear",
                                        "--layers", "all;top-half", "--with-full", "--with-head",
                                        "--dry-run"};
    const Finished plan = task.program.run(arguments("out", axes));
    ASSERT_EQ(plan.code, 0) << plan.err;
    EXPECT_NE(plan.out.find("r=4 all-linear top-half"), std::string::npos) << plan.out;
    EXPECT_NE(unwrapped(plan.out).find("10 of 10 runs to do, ≈ "), std::string::npos) << plan.out;
    EXPECT_NE(unwrapped(plan.out).find("3 of them use what the frozen layers computed"), std::string::npos)
        << plan.out;
    expectNarrow(plan.out);
    EXPECT_FALSE(fs::exists(task.path("out")));
    std::vector<std::string> withJson = axes;
    withJson.push_back("--json");
    const nlohmann::json document = task.program.run(arguments("out", withJson)).json();
    ASSERT_EQ(document["planned"].size(), 10u);
    EXPECT_GT(document["planned"][0]["trainable_parameters"], 0);
    EXPECT_GT(document["estimated_seconds"], 0);
}

TEST_F(Sweeping, RunsAreMadeComparedAndFound)
{
    const Finished swept =
        task.program.run(arguments("out", {"--ranks", "1,2", "--layers", "top-quarter", "--with-full"}));
    ASSERT_EQ(swept.code, 0) << swept.err;
    EXPECT_NE(swept.err.find("run 2 of 3: r=2"), std::string::npos) << swept.err;
    EXPECT_NE(swept.out.find("compute: against the full fine-tuning run above"), std::string::npos);
    EXPECT_NE(unwrapped(swept.out).find("40 examples, 1 seed) at "), std::string::npos) << swept.out;
    EXPECT_NE(unwrapped(swept.out).find("run 2 took less, since frozen layers"), std::string::npos);
    expectNarrow(swept.out);
    ASSERT_FALSE(sweepFolder("out").empty());
    const std::vector<fs::path> ranks = foldersWith(task.path("out"), "-small-r");
    ASSERT_EQ(ranks.size(), 2u);
    EXPECT_EQ(task.program.run({"compare", ranks[0].string(), ranks[1].string()}).code, 0);
    EXPECT_EQ(task.program.run({"runs", "--json"}).json().size(), 3u);

    const Finished again = task.program.run({"sweep", "--resume", sweepFolder("out").string(), "--json"});
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_NE(again.err.find("run 1 of 3: r=1, done before"), std::string::npos) << again.err;
    EXPECT_EQ(again.err.find("training on"), std::string::npos) << "nothing was to do";
    EXPECT_EQ(again.json()["runs"].size(), 3u);
    EXPECT_FALSE(again.json()["conclusion"].get<std::string>().empty());
}

TEST_F(Sweeping, AKilledSweepGoesOnToTheSameResultsBitForBit)
{
    const std::vector<std::string> axes{"--ranks", "1,2,3",
                                        "--set",   "training.max_steps=600",
                                        "--set",   "training.save_steps=50",
                                        "--set",   "training.eval_steps=100"};
    ASSERT_EQ(task.program.run(arguments("whole", axes)).code, 0);
    task.program.start(arguments("killed", axes));
    const auto steps = [&](const std::string& run) {
        const auto folders = foldersWith(task.path("killed"), run);
        return folders.empty() ? 0 : results(folders.front()).size();
    };
    while (!task.program.hasEnded() && steps("-small-r2") < 130)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_FALSE(task.program.hasEnded()) << "too fast to be killed in mid-run";
    task.program.signal(SIGKILL);
    EXPECT_EQ(task.program.wait().code, 128 + SIGKILL);
    EXPECT_EQ(steps("-small-r3"), 0u);

    const Finished goneOn = task.program.run({"sweep", "--resume", sweepFolder("killed").string()});
    ASSERT_EQ(goneOn.code, 0) << goneOn.err;
    EXPECT_NE(goneOn.err.find("run 1 of 3: r=1, done before"), std::string::npos) << goneOn.err;
    EXPECT_NE(goneOn.err.find("run 2 of 3: r=2, going on"), std::string::npos) << goneOn.err;
    EXPECT_NE(goneOn.err.find(", from step "), std::string::npos) << goneOn.err;
    for (const char* run : {"-small-r1", "-small-r2", "-small-r3"}) {
        const fs::path whole = foldersWith(task.path("whole"), run).front();
        const fs::path killed = foldersWith(task.path("killed"), run).front();
        EXPECT_EQ(results(killed), results(whole)) << run;
        EXPECT_EQ(textOfFile(killed / "adapter/adapter_model.safetensors"),
                  textOfFile(whole / "adapter/adapter_model.safetensors"));
    }
}

TEST_F(Sweeping, AnInterruptKeepsWhatIsDone)
{
    task.program.start(arguments("out", {"--ranks", "1,2", "--set", "training.max_steps=2000", "--set",
                                         "training.eval_steps=1000", "--json"}));
    const auto begun = [&] {
        const auto folders = foldersWith(task.path("out"), "-small-r1");
        return !folders.empty() && results(folders.front()).size() > 20;
    };
    while (!task.program.hasEnded() && !begun())
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    task.program.signal(SIGINT);
    const Finished stopped = task.program.wait();
    EXPECT_EQ(stopped.code, 130) << stopped.err;
    EXPECT_NE(stopped.err.find("go on with: lora-workbench-cli sweep --resume"), std::string::npos);
    EXPECT_EQ(stopped.json()["planned"], 2);
    EXPECT_EQ(foldersWith(task.path("out"), "-small-r2").size(), 0u);
}

TEST_F(Sweeping, BadUsageIsToldBeforeAnythingIsMade)
{
    const auto refuses = [&](const std::vector<std::string>& more, const std::string& part) {
        const Finished refused = task.program.run(arguments("out", more));
        EXPECT_EQ(refused.code, 2) << part;
        EXPECT_NE(refused.err.find(part), std::string::npos) << refused.err;
    };
    refuses({"--ranks", "1,zero"}, "ranks: found \"zero\"");
    refuses({"--layers", "9"}, "layers: found 9");
    refuses({"--ranks", "2", "--targets", "nowhere"}, "nowhere");
    refuses({"--alpha", "half"}, "--alpha");
    refuses({"--ranks", "2", "--resume", task.path("out")}, "--resume");
    EXPECT_FALSE(fs::exists(task.path("out")));
    EXPECT_EQ(task.program.run({"sweep"}).code, 2);
    EXPECT_EQ(task.program.run({"sweep", "--resume", task.path("none")}).code, 2);
}

TEST_F(Sweeping, ChangedDataIsNoPairAnyMore)
{
    ASSERT_EQ(task.program.run(arguments("out", {"--ranks", "1", "--set", "training.max_steps=3"})).code, 0);
    task.folder.write("train.tsv", SmallTask::rows(160, 9));
    const Finished refused = task.program.run({"sweep", "--resume", sweepFolder("out").string()});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("the data has changed"), std::string::npos) << refused.err;
}

} // namespace lora::test
