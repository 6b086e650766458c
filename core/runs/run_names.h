#pragma once

#include <cstdint>
#include <string>

namespace lora {

/// The name runs share that differ in their seed: "rank 4, seed 2" -> "rank 4" for seed 2. A name that says
/// nothing else stays as it is.
std::string nameWithoutSeed(const std::string& name, std::uint64_t seed);

} // namespace lora
