#include "core/data/header_detection.h"

#include "core/data/cell_text.h"
#include "core/data/column_names.h"

#include <algorithm>
#include <set>

namespace lora {

namespace {

constexpr std::size_t longestName = 40;

bool looksLikeName(const std::string& cell)
{
    if (cell.empty() || cell.size() > longestName || isNumber(cell))
        return false;
    return std::ranges::count(cell, ' ') <= 2 && cell.find_first_of(".!?\n") == std::string::npos;
}

bool returnsBelow(std::span<const std::vector<std::string>> records, std::size_t column)
{
    return std::ranges::any_of(records.subspan(1), [&](const auto& record) {
        return column < record.size() && record[column] == records[0][column];
    });
}

} // namespace

bool isHeader(std::span<const std::vector<std::string>> records, const std::vector<std::string>& expected)
{
    if (records.empty())
        return false;
    const std::vector<std::string>& first = records[0];
    const auto isExpected = [&](const std::string& cell) {
        return std::ranges::find(expected, cell) != expected.end();
    };
    if (std::ranges::any_of(first, isExpected))
        return true;
    if (!std::ranges::all_of(first, looksLikeName))
        return false;
    if (std::set<std::string>(first.begin(), first.end()).size() != first.size())
        return false;
    const bool isCommon = std::ranges::any_of(
        first, [](const std::string& cell) { return isCommonColumnName(comparableName(cell)); });
    if (isCommon)
        return true;
    for (std::size_t column = 0; column < first.size(); ++column) {
        if (returnsBelow(records, column))
            return false;
    }
    return true;
}

} // namespace lora
