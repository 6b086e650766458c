#pragma once

namespace lora::app::exit_codes {

inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int badInput = 2; ///< bad usage as well
inline constexpr int diverged = 3;
inline constexpr int stopped = 130;

} // namespace lora::app::exit_codes
