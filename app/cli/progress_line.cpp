#include "app/cli/progress_line.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora::app {

namespace {

constexpr std::size_t widestBar = 24;
constexpr std::size_t narrowestBar = 6;

std::string bar(const Progress& progress, std::size_t columns)
{
    const auto total = static_cast<double>(std::max<std::int64_t>(1, progress.totalSteps));
    const double share = std::clamp(static_cast<double>(progress.step) / total, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(columns));
    std::string text;
    for (std::size_t i = 0; i < columns; ++i)
        text += i < filled ? "█" : "░";
    return text;
}

std::string timeLeftText(double seconds)
{
    return "ETA " + (seconds < 1 ? "0 s" : durationText(seconds));
}

std::vector<std::string> partsOf(const Progress& progress)
{
    // Ordered by importance: a narrow terminal loses the last ones.
    return {fmt::format("{}/{}", progress.step, progress.totalSteps),
            "loss " + significantText(progress.loss), timeLeftText(progress.secondsLeft),
            countText(progress.tokensPerSecond) + " tokens/s"};
}

} // namespace

std::string liveProgressLine(const Progress& progress, std::size_t columns)
{
    std::string text;
    for (const std::string& part : partsOf(progress)) {
        const std::string longer = text + "  " + part;
        if (narrowestBar + displayWidth(longer) <= columns)
            text = longer;
    }
    const std::size_t room = columns - std::min(columns, displayWidth(text));
    return fitted(bar(progress, std::min(widestBar, room)) + text, columns);
}

std::string plainProgressLine(const Progress& progress)
{
    return fmt::format("step {}", fmt::join(partsOf(progress), "  "));
}

} // namespace lora::app
