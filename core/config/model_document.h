#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace lora {

/// Parses the text of a model's config.json in the order it is written. `source` names the file in errors.
/// Throws lora::Error (BadInput) for text that is not JSON, that nests deeper than 64, or that has an object
/// of more than 10 000 keys: looking up a key of an ordered object takes time in proportion to its keys.
nlohmann::ordered_json parseModelDocument(std::string_view text, const std::string& source);

} // namespace lora
