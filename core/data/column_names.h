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

/// Of other tasks, each the most telling first.
std::span<const std::string_view> tokenColumnNames();
std::span<const std::string_view> tagColumnNames();
std::span<const std::string_view> questionColumnNames();
std::span<const std::string_view> contextColumnNames();
std::span<const std::string_view> answerColumnNames();
std::span<const std::string_view> answerStartColumnNames();
std::span<const std::string_view> messageColumnNames();
std::span<const std::string_view> documentColumnNames();
/// Prompts and what completes them, by pairs.
std::span<const std::pair<std::string_view, std::string_view>> completionColumnNames();

} // namespace lora
