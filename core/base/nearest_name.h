#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// The candidate a person most likely meant by a name that does not exist: fewest edits (Levenshtein, case
/// ignored), or one name inside the other; none when nothing is close.
std::optional<std::string> nearestName(std::string_view name, const std::vector<std::string>& candidates);

/// "; did you mean "x"?", or nothing when no candidate is close: the tail of a message about an unknown name.
std::string didYouMean(std::string_view name, const std::vector<std::string>& candidates);

} // namespace lora
