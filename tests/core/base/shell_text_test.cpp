#include "core/base/shell_text.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(ShellWord, IsOneWordWhateverIsInIt)
{
    EXPECT_EQ(shellWord("runs/r=4_b.json"), "runs/r=4_b.json");
    EXPECT_EQ(shellWord("my runs"), "'my runs'");
    EXPECT_EQ(shellWord("$(rm it)"), "'$(rm it)'");
    EXPECT_EQ(shellWord("it's"), "'it'\\''s'");
    EXPECT_EQ(shellWord(""), "''");
}

} // namespace
} // namespace lora::test
