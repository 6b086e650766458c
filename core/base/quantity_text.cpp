#include "core/base/quantity_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace lora {

namespace {

template <std::size_t N>
std::string steppedText(double value, double step, const std::array<const char*, N>& units)
{
    std::size_t index = 0;
    // 999.5 would print as "1000": it belongs to the next unit.
    while (index + 1 < N && std::abs(value) >= step * 0.9995) {
        value /= step;
        ++index;
    }
    const bool isPlain = index == 0 && value == std::floor(value);
    const std::string number = isPlain ? fmt::format("{:.0f}", value) : significantText(value);
    return *units[index] ? number + " " + units[index] : number;
}

} // namespace

std::string significantText(double value, int digits)
{
    if (!std::isfinite(value))
        return std::isnan(value) ? "–" : (value > 0 ? "∞" : "−∞");
    if (value == 0)
        return "0";
    int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
    // 0.9999 is shown as "1.00", with one digit before the point.
    if (std::abs(value) >= std::pow(10.0, magnitude) - 0.5 * std::pow(10.0, magnitude - digits))
        ++magnitude;
    if (magnitude < -4)
        return fmt::format("{:.{}e}", value, digits - 1);
    return fmt::format("{:.{}f}", value, std::max(0, digits - magnitude));
}

std::string countText(double count)
{
    return steppedText<5>(count, 1000, {"", "k", "M", "G", "T"});
}

std::string bytesText(double bytes)
{
    return steppedText<5>(bytes, 1024, {"B", "KiB", "MiB", "GiB", "TiB"});
}

std::string flopsText(double flops)
{
    return steppedText<7>(flops, 1000, {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"});
}

std::string energyText(double joules)
{
    return steppedText<4>(joules, 1000, {"J", "kJ", "MJ", "GJ"});
}

std::string durationText(double seconds)
{
    if (!std::isfinite(seconds))
        return "–";
    if (seconds < 1e-3)
        return significantText(seconds * 1e6) + " µs";
    if (seconds < 1)
        return significantText(seconds * 1e3) + " ms";
    if (seconds < 59.95)
        return significantText(seconds) + " s";
    const long long whole = std::llround(seconds);
    if (whole < 3600)
        return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string changeText(double ratio)
{
    if (!std::isfinite(ratio))
        return "–";
    const double percent = (ratio - 1) * 100;
    const double shown =
        std::abs(percent) >= 99.5 && percent < 0 ? std::round(percent * 10) / 10 : std::round(percent);
    const std::string digits = shown == std::round(shown) ? fmt::format("{:.0f}", std::abs(shown))
                                                          : fmt::format("{:.1f}", std::abs(shown));
    return (shown < 0 ? "−" : (shown > 0 ? "+" : "±")) + digits + " %";
}

std::string percentText(double fraction)
{
    return significantText(fraction * 100) + " %";
}

} // namespace lora
