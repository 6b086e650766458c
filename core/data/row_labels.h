#pragma once

#include "core/data/column_mapping.h"
#include "core/data/data_table.h"
#include "core/data/tokenized_dataset.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lora {

struct TokenizeOptions;

/// Reads what the rows of a sequence task are labelled with: classes, lists of labels, numbers.
class RowLabels
{
public:
    virtual ~RowLabels() = default;
    /// Throws lora::Error (BadInput) naming file and line for a label unseen in training or no number.
    virtual void read(std::size_t row, TokenizedExample& example) = 0;
    /// Sets the names; throws lora::Error (BadInput) naming the lines without a label when labels are
    /// required.
    virtual void finish(TokenizedDataset& dataset) = 0;
};

/// Null when the table has no labels and none are required. Throws lora::Error (BadInput) when they are.
std::unique_ptr<RowLabels> rowLabels(const DataTable& table, const ResolvedColumns& columns,
                                     const TokenizeOptions& options);

/// "3, 8, 9, 12, 40 and 7 more"
std::string linesText(const std::vector<std::uint32_t>& lines);

/// Names in the order of their ids: numeric when all are integers, else sorted.
std::vector<std::string> inLabelOrder(std::vector<std::string> names);

/// An error that names the label, what is known and the nearest of it.
[[noreturn]] void throwUnknownLabel(const std::string& place, const std::string& label,
                                    const std::vector<std::string>& known);

} // namespace lora
