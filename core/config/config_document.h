#pragma once

#include "core/config/config_issue.h"

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// Reads a configuration file (JSON, `//` comments accepted) and applies `key.path=value` overrides in order.
/// Keys that stand twice and overrides that lead nowhere become issues. Throws lora::Error naming the file:
/// FileSystem when it cannot be read, BadInput when it is too large, BadUsage when it is not JSON or nests
/// too deep.
nlohmann::json loadConfigDocument(const std::filesystem::path& file,
                                  const std::vector<std::string>& overrides, ConfigIssues& issues);

} // namespace lora
