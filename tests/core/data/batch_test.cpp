#include "core/data/batch.h"
#include "core/data/work_split.h"

#include <numeric>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lora {
namespace {

Batch batchOf(const std::vector<std::int32_t>& lengths)
{
    Batch batch;
    batch.sequenceOffsets.push_back(0);
    for (std::size_t s = 0; s < lengths.size(); ++s) {
        for (std::int32_t i = 0; i < lengths[s]; ++i) {
            batch.inputIds.push_back(static_cast<std::int32_t>(s) * 100 + i);
            batch.tokenTypeIds.push_back(i % 2);
        }
        batch.sequenceOffsets.push_back(static_cast<std::int32_t>(batch.inputIds.size()));
        batch.classLabels.push_back(static_cast<std::int32_t>(s));
        batch.exampleIndex.push_back(static_cast<std::uint32_t>(10 + s));
    }
    return batch;
}

TEST(Batch, SelectedSequencesKeepTheirTokensAndLabelsInTheOrderAsked)
{
    const Batch batch = batchOf({2, 3, 1});
    const std::vector<std::uint32_t> wanted{2, 0};
    const Batch part = selectSequences(batch, wanted);
    EXPECT_EQ(part.inputIds, (std::vector<std::int32_t>{200, 0, 1}));
    EXPECT_EQ(part.tokenTypeIds, (std::vector<std::int32_t>{0, 0, 1}));
    EXPECT_EQ(part.sequenceOffsets, (std::vector<std::int32_t>{0, 1, 3}));
    EXPECT_EQ(part.classLabels, (std::vector<std::int32_t>{2, 0}));
    EXPECT_EQ(part.exampleIndex, (std::vector<std::uint32_t>{12, 10}));
    EXPECT_TRUE(part.tokenLabels.empty());
}

TEST(Batch, SelectingNothingGivesAnEmptyBatch)
{
    Batch part = batchOf({1, 2});
    selectSequences(batchOf({2, 3}), {}, part);
    EXPECT_EQ(part.sequences(), 0u);
    EXPECT_EQ(part.tokens(), 0u);
    EXPECT_EQ(part.labelledItems(), 0u);
}

TEST(Batch, LabelledItemsAreSequencesOrTokensWithALabel)
{
    Batch batch = batchOf({2, 2});
    EXPECT_EQ(batch.labelledItems(), 2u);
    batch.classLabels[0] = ignoredLabel;
    EXPECT_EQ(batch.labelledItems(), 1u);
    batch.classLabels.clear();
    batch.tokenLabels = {ignoredLabel, 0, 5, ignoredLabel};
    EXPECT_EQ(batch.labelledItems(), 2u);
    EXPECT_EQ(selectSequences(batch, std::vector<std::uint32_t>{1}).tokenLabels,
              (std::vector<std::int32_t>{5, -100}));
}

TEST(WorkSplit, LongestSequencesAreDealtFirst)
{
    EXPECT_EQ(splitWork(batchOf({1, 5, 4, 2, 2}), 2), (WorkSplit{{1, 4}, {0, 2, 3}}));
}

TEST(WorkSplit, MoreWorkersThanSequencesLeavesSomeIdle)
{
    EXPECT_EQ(splitWork(batchOf({3, 3}), 3), (WorkSplit{{0}, {1}, {}}));
    EXPECT_EQ(splitWork(batchOf({}), 2), (WorkSplit{{}, {}}));
}

TEST(WorkSplit, StorageOfAnEarlierSplitLeavesNoTrace)
{
    WorkSplit split{{7, 8}, {9}, {1}};
    WorkSplitter().split(batchOf({2, 1}), 2, split);
    EXPECT_EQ(split, (WorkSplit{{0}, {1}}));
}

RC_GTEST_PROP(WorkSplit, EverySequenceIsDealtOnceAndSharesDifferByAtMostTheLongest, ())
{
    const auto lengths = *rc::gen::container<std::vector<std::int32_t>>(rc::gen::inRange(1, 60));
    const int workers = *rc::gen::inRange(1, 9);
    const Batch batch = batchOf(lengths);
    const WorkSplit split = splitWork(batch, workers);
    RC_ASSERT(split == splitWork(batch, workers));
    std::set<std::uint32_t> seen;
    std::vector<std::size_t> tokens;
    for (const auto& share : split) {
        RC_ASSERT(std::ranges::is_sorted(share));
        tokens.push_back(0);
        for (const std::uint32_t sequence : share) {
            RC_ASSERT(seen.insert(sequence).second);
            tokens.back() += batch.length(sequence);
        }
    }
    RC_ASSERT(seen.size() == lengths.size());
    const auto longest = lengths.empty() ? 0 : *std::ranges::max_element(lengths);
    const auto [least, most] = std::ranges::minmax(tokens);
    RC_ASSERT(most - least <= static_cast<std::size_t>(longest));
}

} // namespace
} // namespace lora
