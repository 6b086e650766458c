#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

const fs::path root = LORA_WORKBENCH_SOURCE_DIR;

struct Include
{
    std::string file; ///< relative to the root
    int line = 0;
    std::string name;
    bool isQuoted = false;
};

std::vector<Include> includesUnder(const std::string& folder)
{
    static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
    std::vector<Include> includes;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".h" && extension != ".cpp")
            continue;
        std::ifstream file(entry.path());
        std::string line;
        for (int number = 1; std::getline(file, line); ++number)
            if (std::smatch match; std::regex_search(line, match, pattern))
                includes.push_back(
                    {fs::relative(entry.path(), root).string(), number, match[2], match[1] == "\""});
    }
    return includes;
}

std::string where(const Include& include)
{
    return include.file + ":" + std::to_string(include.line) + " includes " + include.name;
}

/// "nn" of "core/nn/linear.h"
std::string roomOf(const std::string& path)
{
    return path.substr(5, path.find('/', 5) - 5);
}

/// Rooms each room names after USES in core/CMakeLists.txt, with all that those use.
std::map<std::string, std::set<std::string>> roomsUsed()
{
    std::ifstream file(root / "core/CMakeLists.txt");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    static const std::regex call(R"(\nlora_room\((\w+)([^)]*)\))");
    std::map<std::string, std::set<std::string>> used;
    for (std::sregex_iterator match(text.begin(), text.end(), call), end; match != end; ++match) {
        std::istringstream words((*match)[2]);
        std::set<std::string>& rooms = used[(*match)[1]];
        bool isUse = false;
        for (std::string word; words >> word;) {
            if (word == "USES" || word == "LIBRARIES") {
                isUse = word == "USES";
                continue;
            }
            if (!isUse)
                continue;
            rooms.insert(word);
            const auto below = used.find(word); // rooms stand in order: what is used comes first
            EXPECT_NE(below, used.end()) << (*match)[1] << " uses " << word << ", which stands below it";
            if (below != used.end())
                rooms.insert(below->second.begin(), below->second.end());
        }
    }
    return used;
}

TEST(Floors, CoreRoomsIncludeOnlyWhatTheyName)
{
    const auto used = roomsUsed();
    ASSERT_GT(used.size(), 14u);
    for (const Include& include : includesUnder("core")) {
        if (!include.isQuoted)
            continue;
        const std::string room = roomOf(include.file);
        if (!include.name.starts_with("core/")) {
            ADD_FAILURE() << where(include) << ": not relative to the root";
            continue;
        }
        if (include.file == "core/pch.h" || roomOf(include.name) == room)
            continue;
        const auto found = used.find(room);
        ASSERT_NE(found, used.end()) << room << " has no lora_room in core/CMakeLists.txt";
        EXPECT_TRUE(found->second.contains(roomOf(include.name)))
            << where(include) << ", but " << room << " does not use " << roomOf(include.name);
    }
}

TEST(Floors, TheGroundFloorStandsOnItsOwn)
{
    const auto used = roomsUsed();
    EXPECT_TRUE(used.at("base").empty());
    for (const char* room : {"math", "config", "io"})
        EXPECT_EQ(used.at(room), std::set<std::string>{"base"}) << room;
    for (const char* room : {"math", "nn", "models", "lora", "optim", "data", "text", "cost"})
        for (const char* upper : {"train", "runs", "experiment", "report"})
            EXPECT_FALSE(used.at(room).contains(upper)) << room << " uses " << upper;
    EXPECT_FALSE(used.at("train").contains("runs")) << "the trainer knows no run folder";
}

TEST(Floors, CoreKnowsNoQtNoWindowAndNoProgram)
{
    static const std::regex qt(R"(^(Q[A-Z]\w*|Qt\w*(/.*)?|qcustomplot.*|moc_.*|ui_.*)$)");
    for (const Include& include : includesUnder("core")) {
        EXPECT_FALSE(std::regex_match(include.name, qt)) << where(include);
        EXPECT_FALSE(include.name.starts_with("ui/") || include.name.starts_with("app/")) << where(include);
    }
}

TEST(Floors, TheWindowKnowsValuesAloneNoTrainerNoModelNoThread)
{
    const std::set<std::string> forbidden = {"thread",
                                             "future",
                                             "QThread",
                                             "QThreadPool",
                                             "QtConcurrent",
                                             "QtConcurrent/QtConcurrent",
                                             "core/train/trainer.h",
                                             "core/train/training_step.h",
                                             "core/train/worker_pool.h",
                                             "core/train/evaluator.h",
                                             "core/train/checkpoint.h",
                                             "core/models/language_model.h",
                                             "core/models/model_loader.h",
                                             "core/experiment/experiment_runner.h",
                                             "core/sweep/sweep_runner.h"};
    const std::set<std::string> engine = {"math", "nn", "optim", "experiment"};
    for (const Include& include : includesUnder("ui")) {
        EXPECT_FALSE(include.name.starts_with("app/")) << where(include);
        EXPECT_FALSE(forbidden.contains(include.name)) << where(include);
        if (include.name.starts_with("core/")) {
            EXPECT_FALSE(engine.contains(roomOf(include.name))) << where(include);
        }
    }
}

TEST(Floors, OneFileAloneCallsBlas)
{
    std::set<std::string> blas;
    for (const Include& include : includesUnder("core"))
        if (include.name == "cblas.h")
            blas.insert(include.file);
    EXPECT_EQ(blas, std::set<std::string>{"core/math/gemm.cpp"});
}

TEST(Floors, QuotedIncludesNameFilesThatExist)
{
    for (const char* folder : {"core", "ui", "app", "tests"})
        for (const Include& include : includesUnder(folder)) {
            const bool isGenerated = include.name.ends_with(".moc") || include.name.starts_with("moc_");
            if (include.isQuoted && !isGenerated && include.name.find('/') != std::string::npos) {
                EXPECT_TRUE(fs::exists(root / include.name)) << where(include);
            }
        }
}

} // namespace
} // namespace lora::test
