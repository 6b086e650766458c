// What the project ships beside its sources stays small.

#include "core/io/atomic_file.h"
#include "resources/make_builtin/instructions_task.h"
#include "resources/make_builtin/qa_task.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace fs = std::filesystem;
using namespace lora;
using namespace lora::builtin;

namespace {

const fs::path resources = fs::path(LORA_WORKBENCH_SOURCE_DIR) / "resources";

} // namespace

TEST(Resources, AllTogetherStayBelowTwelveMegabytes)
{
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(resources))
        if (entry.is_regular_file())
            bytes += entry.file_size();
    EXPECT_LT(bytes, 12'000'000U);
    EXPECT_GT(bytes, 4'000'000U); // they are there at all
}

TEST(Resources, TheFilesAreWhatTheGeneratorWrites)
{
    const QaRows qa = makeQaRows({}, 1);
    EXPECT_TRUE(readFile(resources / "data/qa/train.json") == toSquadJson(qa.train, "train"));
    EXPECT_TRUE(readFile(resources / "data/qa/eval.json") == toSquadJson(qa.eval, "eval"));
    const InstructionRows instructions = makeInstructionRows({}, 1);
    EXPECT_TRUE(readFile(resources / "data/instructions/train.jsonl") == toJsonLines(instructions.train));
    EXPECT_TRUE(readFile(resources / "data/instructions/eval.jsonl") == toJsonLines(instructions.eval));
}
