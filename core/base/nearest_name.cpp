#include "core/base/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace lora {

namespace {

// Names of columns and keys are short; a longer one is hostile and not worth quadratic time.
constexpr std::size_t longestCompared = 100;

std::string lowered(std::string_view text)
{
    std::string result(text.substr(0, longestCompared));
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t editDistance(const std::string& a, const std::string& b)
{
    std::vector<std::size_t> older;
    std::vector<std::size_t> old(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        older = std::exchange(old, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], older[j - 2] + 1);
        }
    }
    return row[b.size()];
}

bool contains(const std::string& outer, const std::string& inner)
{
    // Below four letters a part proves nothing: "lr" is in "lr_scheduler_type" but means the learning rate.
    return inner.size() >= 4 && outer.find(inner) != std::string::npos;
}

} // namespace

std::optional<std::string> nearestName(std::string_view name, const std::vector<std::string>& candidates)
{
    const std::string wanted = lowered(name);
    std::optional<std::string> nearest;
    std::size_t fewest = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = editDistance(wanted, lowered(candidate));
        if (distance < fewest && distance < candidate.size()) {
            fewest = distance;
            nearest = candidate;
        }
    }
    if (nearest)
        return nearest;
    for (const std::string& candidate : candidates) {
        if (contains(lowered(candidate), wanted) || contains(wanted, lowered(candidate)))
            return candidate;
    }
    return std::nullopt;
}

std::string didYouMean(std::string_view name, const std::vector<std::string>& candidates)
{
    const auto nearest = nearestName(name, candidates);
    return nearest ? "; did you mean \"" + *nearest + "\"?" : std::string();
}

} // namespace lora
