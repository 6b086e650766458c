#pragma once

#include "core/base/rng.h"

#include <string>

namespace lora::builtin {

/// What everybody in the small world knows: the order of days and months, how many things a list has, who
/// came before whom
/// ("After Monday comes Tuesday." "Red, blue and green are three colours."); in pretraining text alone.
std::string writeKnowledge(Rng& rng);

} // namespace lora::builtin
