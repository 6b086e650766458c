#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// Called for each object with the line it starts in, from 1; returns false to stop reading.
using JsonRowVisitor = std::function<bool(std::uint32_t line, const nlohmann::ordered_json& object)>;

/// Objects of a JSON Lines text, one a line; blank lines are skipped; a string stands for {"text": string}.
/// Throws lora::Error (BadInput) naming source and line for what is not an object, is malformed, or nests
/// deeper than 64.
void forEachJsonLine(std::string_view text, const std::string& source, const JsonRowVisitor& visit);
/// Objects of one JSON list, parsed one at a time; errors as above.
void forEachInJsonArray(std::string_view text, const std::string& source, const JsonRowVisitor& visit);

} // namespace lora
