#pragma once

#include "core/train/prefix_cache.h"

#include <cstdint>
#include <memory>
#include <optional>

#include <CLI/App.hpp>

namespace lora::app {

/// "--prefix-cache-budget BYTES": room for hidden states kept between sessions.
void addCacheBudget(CLI::App& app, std::optional<std::uint64_t>& bytes);
/// The user's budget, with that room where it was given.
PrefixBudget prefixBudgetWithin(const std::optional<std::uint64_t>& bytes);
/// The user's cache, with that budget where one was given.
std::shared_ptr<PrefixCache> prefixCacheWithin(const std::optional<std::uint64_t>& bytes);

} // namespace lora::app
