#include "app/cli/cache_arguments.h"

#include <algorithm>
#include <limits>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>

namespace lora::app {

void addCacheBudget(CLI::App& app, std::optional<std::uint64_t>& bytes)
{
    app.add_option(
           "--prefix-cache-budget", bytes,
           "Disk space for what frozen layers compute, kept for later runs, for example 500MB; 0 keeps "
           "nothing. Without it $LORA_WORKBENCH_CACHE_BUDGET, else 2 GB.")
        ->type_name("BYTES")
        ->transform(CLI::AsSizeValue(true));
}

PrefixBudget prefixBudgetWithin(const std::optional<std::uint64_t>& bytes)
{
    PrefixBudget budget = userBudget();
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (bytes)
        budget.keptBytes = static_cast<std::int64_t>(std::min(*bytes, most));
    return budget;
}

std::shared_ptr<PrefixCache> prefixCacheWithin(const std::optional<std::uint64_t>& bytes)
{
    return std::make_shared<PrefixCache>(prefixBudgetWithin(bytes));
}

} // namespace lora::app
