#pragma once

#include <string>
#include <string_view>

namespace lora {

/// What nlohmann's exceptions say as people read it: without "[json.exception.parse_error.101] " at the
/// front, bytes that are no UTF-8 (of what the parser read last) replaced, at most 120 bytes.
std::string jsonFaultText(std::string_view what);

} // namespace lora
