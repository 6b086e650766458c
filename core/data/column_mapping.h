#pragma once

#include "core/config/experiment_config.h"
#include "core/data/data_table.h"

#include <cstddef>
#include <optional>

namespace lora {

/// Which columns of a table play which role.
struct ResolvedColumns
{
    std::size_t text = 0;
    std::optional<std::size_t> textPair;
    std::optional<std::size_t> label;

    bool operator==(const ResolvedColumns&) const = default;
};

/// Finds the columns of each role: the user's choice, else by common names, else by content (few different
/// values: the label; longest: the text). A pair is only inferred when the text is too. Masked language
/// modelling has no label. Throws lora::Error (BadInput) when a chosen column does not exist, listing those
/// that do.
ResolvedColumns resolveColumns(const DataTable& table, const ColumnMapping& chosen, TaskType task);

/// The roles by column name, as an experiment writes them.
ColumnMapping namesOf(const ResolvedColumns& columns, const DataTable& table);

/// Column names a user chose, for `ReadOptions::expectedColumns`.
std::vector<std::string> chosenNames(const ColumnMapping& columns);

} // namespace lora
