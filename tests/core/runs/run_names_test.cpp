#include "core/runs/run_names.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(RunNames, TheSeedIsLeftOutWhereverItStandsAsAWord)
{
    EXPECT_EQ(nameWithoutSeed("rank 4 seed 2", 2), "rank 4");
    EXPECT_EQ(nameWithoutSeed("rank 4, (seed=2)", 2), "rank 4");
    EXPECT_EQ(nameWithoutSeed("rank 4 - seed-2 on words", 2), "rank 4 on words");
    EXPECT_EQ(nameWithoutSeed("seed 2, again seed 2", 2), ", again");
    EXPECT_EQ(nameWithoutSeed("seed 2", 2), "seed 2");
}

TEST(RunNames, OtherNumbersAndWordsStay)
{
    for (const std::string name :
         {"rank 4 seed 3", "rank 4 seed 23", "linseed 2", "seed 2nd", "my_seed 2", "seed", "seeds 2", ""})
        EXPECT_EQ(nameWithoutSeed(name, 2), name);
}

TEST(RunNames, ANameOfAMillionCharactersIsNoTrouble)
{
    const std::string dashes(1000000, '-');
    EXPECT_EQ(nameWithoutSeed(dashes + "seed 42", 42), dashes + "seed 42");
    EXPECT_EQ(nameWithoutSeed("r" + dashes + "seed" + dashes + "42", 42), "r");
    EXPECT_EQ(nameWithoutSeed(dashes + "seed 4", 42), dashes + "seed 4");
}

} // namespace
} // namespace lora::test
