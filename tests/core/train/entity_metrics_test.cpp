#include "core/train/entity_metrics.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

using Tags = std::vector<std::string>;
using Entities = std::vector<EntitySpan>;

TEST(Entities, BeginAtBAndGoOnWithI)
{
    EXPECT_EQ(entitiesOf(Tags{"B-PER", "I-PER", "O", "B-LOC", "B-LOC"}),
              (Entities{{"PER", 0, 2}, {"LOC", 3, 4}, {"LOC", 4, 5}}));
}

TEST(Entities, AnIWithoutItsBBeginsOneToo)
{
    EXPECT_EQ(entitiesOf(Tags{"I-PER", "I-PER", "I-LOC", "O", "I-LOC", "B-LOC"}),
              (Entities{{"PER", 0, 2}, {"LOC", 2, 3}, {"LOC", 4, 5}, {"LOC", 5, 6}}));
    EXPECT_EQ(entitiesOf(Tags{"B-PER", "I-LOC"}), (Entities{{"PER", 0, 1}, {"LOC", 1, 2}}));
}

TEST(Entities, BioesAndTagsWithoutPrefixAreKnown)
{
    EXPECT_EQ(entitiesOf(Tags{"S-PER", "B-ORG", "E-ORG", "I-ORG"}),
              (Entities{{"PER", 0, 1}, {"ORG", 1, 3}, {"ORG", 3, 4}}));
    EXPECT_EQ(entitiesOf(Tags{"NOUN", "NOUN", "VERB"}), (Entities{{"NOUN", 0, 2}, {"VERB", 2, 3}}));
    EXPECT_EQ(entitiesOf(Tags{"O", "", "O"}), Entities{});
}

TEST(EntityCounter, CountsWholeEntitiesWithTypeAndBothEnds)
{
    EntityCounter counter;
    counter.add({"B-PER", "I-PER", "O", "B-LOC"}, {"B-PER", "I-PER", "O", "B-PER"}); // 1 of 2 right
    counter.add({"O", "B-ORG", "I-ORG"}, {"B-ORG", "I-ORG", "I-ORG"});               // another begin
    counter.add({"B-LOC", "O"}, {"O", "O"});                                         // missed
    EXPECT_DOUBLE_EQ(counter.precision(), 1.0 / 3);
    EXPECT_DOUBLE_EQ(counter.recall(), 1.0 / 4);
    EXPECT_DOUBLE_EQ(counter.f1(), 2.0 / 7);
    EXPECT_DOUBLE_EQ(counter.accuracy(), 5.0 / 9);
}

TEST(EntityCounter, IsZeroWithoutEntities)
{
    EntityCounter counter;
    counter.add({"O", "O"}, {"O", "O"});
    EXPECT_EQ(counter.f1(), 0);
    EXPECT_EQ(counter.accuracy(), 1);
}

} // namespace
} // namespace lora::test
