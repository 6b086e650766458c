#pragma once

#include <cstdint>
#include <string>

namespace lora {

/// The only place where quantities become text, for the window, the command line and reports alike: three
/// significant digits, SI steps for counts, binary steps for bytes, "1 min 23 s" for durations.
std::string countText(double count);      ///< 24600 -> "24.6 k", 1.2e6 -> "1.20 M"
std::string bytesText(double bytes);      ///< 3.2e6 -> "3.05 MiB"
std::string durationText(double seconds); ///< 83 -> "1 min 23 s", 0.0042 -> "4.20 ms"
std::string flopsText(double flops);      ///< 3.5e9 -> "3.50 GFLOP"
std::string energyText(double joules);    ///< 5230 -> "5.23 kJ"
std::string changeText(double ratio);     ///< ratio to a baseline: 0.59 -> "−41 %", 1.1 -> "+10 %"
std::string percentText(double fraction); ///< 0.0123 -> "1.23 %"
std::string significantText(double value, int digits = 3); ///< plain number with so many significant digits

} // namespace lora
