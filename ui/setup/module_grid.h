#pragma once

#include "core/models/model_summary.h"
#include "ui/setup/target_codec.h"

#include <string>
#include <vector>

namespace lora::ui {

/// A model's linear modules as rows and columns: blocks by kinds of module, and what stands outside the
/// stack. Rows run as people look at networks, the last module on top.
class ModuleGrid
{
public:
    struct Row
    {
        int block = -1;  ///< -1: a single module outside the stack
        int module = -1; ///< index of that module
    };

    ModuleGrid() = default;
    explicit ModuleGrid(std::vector<ModuleInfo> modules);

    const std::vector<ModuleInfo>& modules() const { return m_modules; }
    const std::vector<Row>& rows() const { return m_rows; }
    const std::vector<std::string>& columns() const { return m_columns; }
    /// How many modules of its own kind a column's fuse into one (query, key and value: 3); else 1.
    int fusedIn(int column) const { return m_fused.at(static_cast<std::size_t>(column)); }
    int blockCount() const { return m_blocks; }
    bool empty() const { return m_modules.empty(); }
    /// Module at a row and column; -1 where the block has none. A row outside the stack is one wide cell.
    int moduleAt(int row, int column) const;
    /// Index into columns of a module; -1 outside the stack.
    int columnOf(int module) const { return m_columnOf.at(static_cast<std::size_t>(module)); }

private:
    std::vector<ModuleInfo> m_modules;
    std::vector<Row> m_rows;
    std::vector<std::string> m_columns;
    std::vector<int> m_fused; ///< [column]
    std::vector<int> m_columnOf;
    std::vector<std::vector<int>> m_cells; ///< [block][column]
    int m_blocks = 0;
};

/// Trainable numbers of a low-rank pair of rank `rank` on `module`.
std::int64_t adapterParameters(const ModuleInfo& module, int rank);

enum class TargetPreset { QueryValue, AllLinear, TopHalf, TopQuarter, OutputLayer };

/// `current` with the preset applied at `lora.r`. The top presets keep the kinds of module in use and confine
/// them to the last blocks; OutputLayer takes the output layer where it can be adapted (a language model's),
/// else the last block.
TargetRanks presetTargets(TargetPreset preset, const ModuleGrid& grid, const TargetRanks& current,
                          const LoraConfig& lora);

} // namespace lora::ui
