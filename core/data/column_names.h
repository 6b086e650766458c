#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace lora {

/// Column names met in public data sets, lower case, the most telling first: how roles are inferred.
std::span<const std::string_view> textColumnNames();
std::span<const std::string_view> labelColumnNames();
/// First and second text of pair tasks: ("sentence1", "sentence2"), ("premise", "hypothesis"), …
std::span<const std::pair<std::string_view, std::string_view>> pairColumnNames();
/// One of the above, or a name such as "id" that no text has.
bool isCommonColumnName(std::string_view name);

} // namespace lora
