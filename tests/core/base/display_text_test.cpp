#include "core/base/display_text.h"

#include <sstream>

#include <gtest/gtest.h>

namespace lora {

TEST(DisplayText, WidthCountsColumnsNotBytes)
{
    EXPECT_EQ(displayWidth("abc"), 3u);
    EXPECT_EQ(displayWidth("µs –"), 4u);
    EXPECT_EQ(displayWidth("日本"), 4u);
    EXPECT_EQ(displayWidth("e\u0301"), 1u);
}

TEST(DisplayText, FittedCutsWithAnEllipsisAndNeverExceedsTheColumns)
{
    EXPECT_EQ(fitted("abc", 3), "abc");
    EXPECT_EQ(fitted("abcd", 3), "ab…");
    EXPECT_EQ(fitted("日本語", 4), "日…");
    for (std::size_t columns = 0; columns < 8; ++columns)
        EXPECT_LE(displayWidth(fitted("a日本 b語", columns)), columns);
}

TEST(DisplayText, ControlCharactersCannotReachTheTerminal)
{
    EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
}

TEST(DisplayText, PaddedFillsToTheColumns)
{
    EXPECT_EQ(padded("日", 4), "日  ");
    EXPECT_EQ(padded("7", 3, Align::Right), "  7");
    EXPECT_EQ(padded("long", 2), "long");
}

TEST(DisplayText, WrappedBreaksBetweenWordsWithinTheColumns)
{
    const std::string text = wrapped("one two three four\nfive", 9, 2);
    EXPECT_EQ(text, "one two\n  three\n  four\n  five");
    std::istringstream lines(wrapped("a bb ccc dddd eeeee ffffff", 10, 3));
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(displayWidth(line), 10u);
}

TEST(DisplayText, WrappedKeepsANumberWithItsPercentSign)
{
    EXPECT_EQ(wrapped("about 74.2 % of it", 12), "about 74.2 %\nof it");
    EXPECT_EQ(wrapped("about 74.2 % of it", 11), "about\n74.2 % of\nit");
}

TEST(DisplayText, TextBesideALabelStaysInItsColumn)
{
    EXPECT_EQ(besideLabel("a", "one two three", 4, 11), "a   one two\n    three");
    EXPECT_EQ(besideLabel("label", "one two", 4, 11), "label\n    one two");
}

} // namespace lora
