#include "core/data/dataset_split.h"

#include "core/base/error.h"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lora {
namespace {

TokenizedDataset rowsOf(const std::vector<std::pair<int, int>>& tokenAndLabel)
{
    TokenizedDataset dataset;
    dataset.source = "a.tsv";
    dataset.labelNames = {"x", "y", "z"};
    for (const auto& [token, label] : tokenAndLabel) {
        TokenizedExample example;
        example.inputIds = {1, token, 2};
        example.tokenTypeIds = {0, 0, 0};
        example.classLabel = label;
        dataset.examples.push_back(example);
    }
    return dataset;
}

TEST(DatasetSplit, EveryClassIsHeldOutByTheSameShare)
{
    std::vector<std::pair<int, int>> rows;
    for (int i = 0; i < 1000; ++i)
        rows.emplace_back(i, i % 10 == 0 ? 1 : 0);
    const TokenizedDataset dataset = rowsOf(rows);
    const RowSplit split = splitRows(dataset, 0.2, 1);
    std::map<int, int> held;
    for (const std::uint32_t row : split.eval)
        ++held[dataset.examples[row].classLabel];
    EXPECT_EQ(held[0], 180);
    EXPECT_EQ(held[1], 20);
    EXPECT_EQ(split.train.size(), 800u);
    EXPECT_EQ(splitRows(dataset, 0.2, 1).eval, split.eval);
    EXPECT_NE(splitRows(dataset, 0.2, 2).eval, split.eval);
}

TEST(DatasetSplit, AClassOfOneTextStaysInTraining)
{
    const TokenizedDataset dataset = rowsOf({{1, 0}, {2, 0}, {3, 0}, {4, 1}, {4, 1}});
    const RowSplit split = splitRows(dataset, 0.5, 3);
    for (const std::uint32_t row : split.eval)
        EXPECT_EQ(dataset.examples[row].classLabel, 0);
}

TEST(DatasetSplit, ASmallShareStillHoldsOutARow)
{
    EXPECT_EQ(splitRows(rowsOf({{1, 0}, {2, 0}, {3, 1}}), 0.01, 1).eval.size(), 1u);
}

TEST(DatasetSplit, NothingToPartIsAnError)
{
    EXPECT_THROW(splitRows(rowsOf({{1, 0}}), 0.5, 1), Error);
    EXPECT_THROW(splitRows(rowsOf({{1, 0}, {1, 0}, {1, 1}}), 0.5, 1), Error);
}

TEST(DatasetSplit, ATextToldOverAndOverIsNotHeldOutFarBeyondTheShare)
{
    std::vector<std::pair<int, int>> rows(90, {1, 0});
    for (int i = 2; i < 12; ++i)
        rows.emplace_back(i, 0);
    for (const std::uint64_t seed : {1, 2, 3, 4})
        EXPECT_LE(splitRows(rowsOf(rows), 0.1, seed).eval.size(), 10u);
    rows = std::vector<std::pair<int, int>>(90, {1, 0});
    rows.emplace_back(2, 0);
    for (const std::uint64_t seed : {1, 2, 3, 4})
        EXPECT_EQ(splitRows(rowsOf(rows), 0.1, seed).eval.size(), 1u);
}

TEST(DatasetSplit, OnlyClassesAreSpokenOfAsClasses)
{
    try {
        splitRows(rowsOf({{1, -1}, {1, -1}}), 0.5, 1);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("class"), std::string::npos) << error.what();
    }
}

TEST(DatasetSplit, SelectedRowsKeepLabelsAndIdentity)
{
    TokenizedDataset dataset = rowsOf({{1, 0}, {2, 1}, {3, 2}});
    dataset.hash = "abc";
    const TokenizedDataset part = selectRows(dataset, {2, 0});
    EXPECT_EQ(part.examples[0].classLabel, 2);
    EXPECT_EQ(part.labelNames, dataset.labelNames);
    EXPECT_EQ(part.hash, "abc");
}

TEST(DatasetSplit, SharedRowsAreFoundByTheirTokens)
{
    EXPECT_EQ(sharedRows(rowsOf({{1, 0}, {2, 0}}), rowsOf({{3, 0}, {2, 1}, {4, 0}})),
              (std::vector<std::uint32_t>{1}));
}

RC_GTEST_PROP(DatasetSplit, NoRowAndNoTextIsOnBothSides, ())
{
    const auto rows = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 30), rc::gen::inRange(0, 3)));
    const TokenizedDataset dataset = rowsOf(rows);
    const double share = *rc::gen::inRange(1, 100) / 100.0;
    RowSplit split;
    try {
        split = splitRows(dataset, share, *rc::gen::arbitrary<std::uint64_t>());
    } catch (const Error&) {
        RC_SUCCEED("nothing to part");
    }
    RC_ASSERT(split.train.size() + split.eval.size() == rows.size());
    RC_ASSERT(!split.eval.empty() && !split.train.empty());
    RC_ASSERT(std::ranges::is_sorted(split.train) && std::ranges::is_sorted(split.eval));
    std::set<std::uint32_t> all(split.train.begin(), split.train.end());
    all.insert(split.eval.begin(), split.eval.end());
    RC_ASSERT(all.size() == rows.size());
    RC_ASSERT(sharedRows(selectRows(dataset, split.train), selectRows(dataset, split.eval)).empty());
}

} // namespace
} // namespace lora
