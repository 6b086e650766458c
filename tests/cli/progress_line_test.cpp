#include "app/cli/progress_line.h"

#include "core/base/display_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace lora::app {

TEST(ProgressLine, NamesStepLossSpeedAndTimeLeftIn80Columns)
{
    const std::string line = liveProgressLine({120, 600, 0.41234, 12345, 83}, 79);
    EXPECT_LE(displayWidth(line), 79u);
    for (const char* part : {"120/600", "loss 0.412", "12.3 k tokens/s", "ETA 1 min 23 s", "█", "░"})
        EXPECT_NE(line.find(part), std::string::npos) << line;
}

TEST(ProgressLine, NeverExceedsTheTerminal)
{
    for (std::size_t columns = 0; columns <= 120; ++columns) {
        for (const double loss : {0.5, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
            const std::string line = liveProgressLine({123456, 9876543, loss, 1e7, 1e6}, columns);
            EXPECT_LE(displayWidth(line), columns) << line;
        }
    }
}

TEST(ProgressLine, ANarrowTerminalKeepsTheStep)
{
    EXPECT_NE(liveProgressLine({7, 90, 0.5, 100, 10}, 20).find("7/90"), std::string::npos);
}

TEST(ProgressLine, TheBarGrowsFromEmptyToFull)
{
    EXPECT_EQ(liveProgressLine({0, 10, 0.5, 1, 1}, 79).find("█"), std::string::npos);
    EXPECT_EQ(liveProgressLine({10, 10, 0.5, 1, 1}, 79).find("░"), std::string::npos);
}

TEST(ProgressLine, TheTimeLeftEndsAtNothing)
{
    EXPECT_NE(plainProgressLine({10, 10, 0.5, 100, 0}).find("ETA 0 s"), std::string::npos);
    EXPECT_NE(plainProgressLine({0, 10, 0.5, 100, std::numeric_limits<double>::quiet_NaN()}).find("ETA –"),
              std::string::npos);
}

TEST(ProgressLine, LogsGetPlainText)
{
    EXPECT_EQ(plainProgressLine({3, 10, 0.5, 100, 4}), "step 3/10  loss 0.500  ETA 4.00 s  100 tokens/s");
}

} // namespace lora::app
