#pragma once

#include <span>
#include <string>
#include <vector>

namespace lora {

/// Whether the first of these records names columns. In order: it holds one of `expected`; it holds a common
/// column name
/// ("text", "label", …); no cell may be a number, a duplicate or a sentence; a cell that returns below in its
/// column is data.
bool isHeader(std::span<const std::vector<std::string>> records, const std::vector<std::string>& expected);

} // namespace lora
