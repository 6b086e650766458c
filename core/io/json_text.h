#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace lora {

/// Bounds on JSON that comes from outside: nesting, and whether a key may appear twice in an object.
struct JsonLimits
{
    int maxDepth = 64;
    bool duplicateKeysAreRefused = true;
};

/// Parses JSON; throws lora::Error (BadInput) naming `source`, line and column when it is malformed or
/// exceeds a limit.
nlohmann::json parseJson(std::string_view text, const std::string& source, const JsonLimits& limits = {});
/// Reads and parses a file of at most `limit` bytes.
nlohmann::json readJsonFile(const std::filesystem::path& path,
                            std::uintmax_t limit = std::uintmax_t{1} << 30);

/// Parses an object member by member, so that a hostile document is refused at its first fault instead of
/// after being held in memory whole. `member(key, value)` may throw. Arrays inside may hold at most
/// `maxArrayLength` values.
void forEachJsonMember(
    std::string_view text, const std::string& source, std::size_t maxArrayLength,
    const std::function<void(const std::string& key, const nlohmann::json& value)>& member);

} // namespace lora
