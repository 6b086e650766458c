#include "core/math/arena.h"

#include <cstring>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

bool isAligned(const void* block)
{
    return reinterpret_cast<std::uintptr_t>(block) % 64 == 0;
}

TEST(Arena, BlocksAreAlignedAndDoNotOverlap)
{
    Arena arena;
    std::vector<std::pair<unsigned char*, std::int64_t>> blocks;
    for (std::int64_t size = 1; size < 300; size += 7) {
        auto* block = arena.array<unsigned char>(size);
        ASSERT_TRUE(isAligned(block));
        std::memset(block, static_cast<int>(blocks.size()), static_cast<std::size_t>(size));
        blocks.emplace_back(block, size);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i)
        for (std::int64_t k = 0; k < blocks[i].second; ++k)
            ASSERT_EQ(blocks[i].first[k], static_cast<unsigned char>(i));
    const Matrix<float> matrix = arena.matrix<float>(3, 5);
    EXPECT_EQ(matrix.stride, 5);
    EXPECT_TRUE(isAligned(matrix.data));
}

TEST(Arena, ReleasedBlocksAreUsedAgain)
{
    Arena arena;
    arena.array<float>(10);
    const Arena::Mark mark = arena.mark();
    float* first = arena.array<float>(100);
    arena.release(mark);
    EXPECT_EQ(arena.array<float>(100), first);
    arena.release(mark);
    {
        const ArenaScope scope(arena);
        EXPECT_EQ(arena.array<float>(5), first);
    }
    EXPECT_EQ(arena.array<float>(5), first);
}

TEST(Arena, PeakCountsWhatIsInUseAtOnceRoundedToBlocks)
{
    Arena arena;
    arena.array<std::byte>(100); // 128 with rounding
    {
        const ArenaScope scope(arena);
        arena.array<std::byte>(1000); // 1024
    }
    arena.array<std::byte>(64);
    EXPECT_EQ(arena.peakBytes(), 128u + 1024u);
    arena.reset();
    EXPECT_EQ(arena.peakBytes(), 128u + 1024u);
    arena.forgetPeak();
    arena.array<std::byte>(1);
    EXPECT_EQ(arena.peakBytes(), 64u);
}

TEST(Arena, SteadyUseAsksTheHeapForNothing)
{
    Arena arena;
    const auto step = [&](std::int64_t scale) {
        arena.reset();
        for (int i = 0; i < 20; ++i)
            arena.array<float>(10000 * scale);
    };
    step(3);
    step(3); // joins the chunks of the first
    const std::size_t before = arena.heapAllocations();
    for (int i = 0; i < 10; ++i)
        step(1 + i % 3);
    EXPECT_EQ(arena.heapAllocations(), before);
    EXPECT_GE(arena.capacity(), arena.peakBytes());
}

TEST(Arena, MarksReachBackAcrossChunks)
{
    Arena arena;
    const Arena::Mark start = arena.mark();
    float* first = arena.array<float>(1000);
    for (int i = 0; i < 5; ++i)
        arena.array<float>(1 << 20);
    arena.release(start);
    EXPECT_EQ(arena.array<float>(1000), first);
    const std::size_t before = arena.heapAllocations();
    for (int i = 0; i < 5; ++i)
        arena.array<float>(1 << 20);
    EXPECT_EQ(arena.heapAllocations(), before);
}

} // namespace
} // namespace lora::test
