#include "core/base/nearest_name.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

const std::vector<std::string> keys{"learning_rate", "lr_scheduler_type", "per_device_train_batch_size", "r",
                                    "seed"};

TEST(NearestName, ATypingErrorFindsItsName)
{
    EXPECT_EQ(nearestName("learning_rat", keys), "learning_rate");
    EXPECT_EQ(nearestName("Learning_Rate", keys), "learning_rate");
    EXPECT_EQ(nearestName("sede", keys), "seed");
}

TEST(NearestName, APartOfANameFindsIt)
{
    EXPECT_EQ(nearestName("batch_size", keys), "per_device_train_batch_size");
}

TEST(NearestName, NothingCloseIsNothing)
{
    EXPECT_EQ(nearestName("zebra", keys), std::nullopt);
    EXPECT_EQ(nearestName("lr", keys), std::nullopt);
    EXPECT_EQ(nearestName("", keys), std::nullopt);
    EXPECT_EQ(nearestName("x", {}), std::nullopt);
    EXPECT_EQ(didYouMean("zebra", keys), "");
}

TEST(NearestName, AHugeNameTakesNoQuadraticTime)
{
    EXPECT_EQ(nearestName(std::string(10000000, 'x'), keys), std::nullopt);
}

TEST(NearestName, TheSuggestionIsAQuestion)
{
    EXPECT_EQ(didYouMean("seeed", keys), "; did you mean \"seed\"?");
}

} // namespace
} // namespace lora
