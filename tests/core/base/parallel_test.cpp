#include "core/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>

namespace lora::test {
namespace {

TEST(Parallel, EveryItemIsWorkedOnExactlyOnce)
{
    for (const std::size_t count : {0u, 1u, 7u, 64u, 1000u}) {
        std::vector<std::atomic<int>> visits(count);
        forEachPart(count, 3, [&](std::size_t begin, std::size_t end) {
            ASSERT_LE(end, count);
            for (std::size_t i = begin; i < end; ++i)
                ++visits[i];
        });
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_EQ(visits[i], 1) << i << " of " << count;
    }
}

TEST(Parallel, TheFirstPartsExceptionIsThrownWhoeverFailedFirst)
{
    for (int round = 0; round < 50; ++round) {
        try {
            forEachPart(100, 1, [](std::size_t begin, std::size_t) {
                if (begin % 10 == 3)
                    throw std::runtime_error(std::to_string(begin));
            });
            FAIL() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "3");
        }
    }
}

TEST(Parallel, PartsInsidePartsAreDone)
{
    std::atomic<int> visits = 0;
    forEachPart(8, 1, [&](std::size_t, std::size_t) {
        forEachPart(10, 1, [&](std::size_t, std::size_t) { ++visits; });
    });
    EXPECT_EQ(visits, 80);
}

TEST(Parallel, WhatIsProducedInParallelIsConsumedInOrder)
{
    constexpr std::size_t count = 20000; // more than is produced at once
    std::vector<std::size_t> consumed;
    produceInParallel(
        count, [](std::size_t i) { return std::to_string(i); },
        [&](std::size_t i, std::string&& text) {
            EXPECT_EQ(text, std::to_string(i));
            consumed.push_back(i);
        });
    std::vector<std::size_t> expected(count);
    std::iota(expected.begin(), expected.end(), 0u);
    EXPECT_EQ(consumed, expected);
}

TEST(Parallel, AnErrorIsThrownWhereItsItemWouldBeConsumed)
{
    std::vector<std::size_t> consumed;
    const auto produce = [](std::size_t i) {
        if (i == 700 || i == 300)
            throw std::runtime_error(std::to_string(i));
        return i;
    };
    try {
        produceInParallel(1000, produce, [&](std::size_t, std::size_t&& i) { consumed.push_back(i); });
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "300");
    }
    EXPECT_EQ(consumed.size(), 300u);
}

} // namespace
} // namespace lora::test
