#pragma once

#include <cstdint>
#include <filesystem>

namespace lora {

/// How much room hidden states may take.
struct PrefixBudget
{
    std::filesystem::path folder; ///< of kept and spilled files; empty: neither
    std::int64_t keptBytes = 0;   ///< of all files kept between sessions; 0: nothing is kept
    std::int64_t memoryBytes = 0; ///< in memory; what is larger goes to a file
};

/// Kept between sessions unless somebody says otherwise: 2 GB.
inline constexpr std::int64_t usualKeptBytes = 2'000'000'000;
/// A quarter of this computer's memory, nothing kept.
PrefixBudget memoryBudget();
/// The user's: $LORA_WORKBENCH_CACHE, else $XDG_CACHE_HOME/lora-workbench/prefix, else ~/.cache/…; budget
/// from $LORA_WORKBENCH_CACHE_BUDGET in bytes, else the usual one; a quarter of the memory.
PrefixBudget userBudget();

} // namespace lora
