#include "ui/setup/module_grid.h"

#include <algorithm>
#include <array>
#include <set>

namespace lora::ui {

namespace {

/// Query, key and value in one matrix.
bool isFused(const ModuleInfo& module)
{
    static constexpr std::array<std::string_view, 4> kNames{"c_attn", "Wqkv", "qkv_proj", "query_key_value"};
    const std::string_view last = std::string_view(module.column).substr(module.column.rfind('.') + 1);
    return std::find(kNames.begin(), kNames.end(), last) != kNames.end();
}

} // namespace

ModuleGrid::ModuleGrid(std::vector<ModuleInfo> modules)
    : m_modules(std::move(modules))
{
    std::vector<int> below;
    std::vector<int> above;
    for (int i = 0; i < static_cast<int>(m_modules.size()); ++i) {
        const ModuleInfo& module = m_modules[i];
        if (module.block < 0) {
            (m_blocks > 0 ? above : below).push_back(i);
            m_columnOf.push_back(-1);
            continue;
        }
        m_blocks = std::max(m_blocks, module.block + 1);
        m_cells.resize(m_blocks);
        const auto found = std::find(m_columns.begin(), m_columns.end(), module.column);
        const auto column = static_cast<std::size_t>(found - m_columns.begin());
        if (found == m_columns.end()) {
            m_columns.push_back(module.column);
            m_fused.push_back(isFused(module) ? 3 : 1);
        }
        auto& cells = m_cells[module.block];
        cells.resize(std::max(cells.size(), column + 1), -1);
        cells[column] = i;
        m_columnOf.push_back(static_cast<int>(column));
    }
    for (auto module = above.rbegin(); module != above.rend(); ++module)
        m_rows.push_back({-1, *module});
    for (int block = m_blocks - 1; block >= 0; --block)
        m_rows.push_back({block, -1});
    for (auto module = below.rbegin(); module != below.rend(); ++module)
        m_rows.push_back({-1, *module});
}

int ModuleGrid::moduleAt(int row, int column) const
{
    const Row& place = m_rows.at(static_cast<std::size_t>(row));
    if (place.block < 0)
        return place.module;
    const auto& cells = m_cells[place.block];
    return column >= 0 && column < static_cast<int>(cells.size()) ? cells[column] : -1;
}

std::int64_t adapterParameters(const ModuleInfo& module, int rank)
{
    return rank * (module.inFeatures + module.outFeatures);
}

namespace {

bool isQueryOrValue(const std::string& column)
{
    static constexpr std::array<std::string_view, 8> kNames{"query", "value", "q_proj", "v_proj",
                                                            "q_lin", "v_lin", "c_attn", "Wqkv"};
    const std::string_view last = std::string_view(column).substr(column.rfind('.') + 1);
    return std::find(kNames.begin(), kNames.end(), last) != kNames.end();
}

/// Columns adapted anywhere; query and value where there are none.
std::set<int> columnsInUse(const ModuleGrid& grid, const TargetRanks& current)
{
    std::set<int> columns;
    for (int i = 0; i < static_cast<int>(current.size()); ++i) {
        if (current[i] > 0 && grid.columnOf(i) >= 0)
            columns.insert(grid.columnOf(i));
    }
    if (!columns.empty())
        return columns;
    for (int column = 0; column < static_cast<int>(grid.columns().size()); ++column) {
        if (isQueryOrValue(grid.columns()[column]))
            columns.insert(column);
    }
    return columns;
}

int firstBlockOf(TargetPreset preset, int blocks)
{
    switch (preset) {
    case TargetPreset::TopHalf:
        return blocks - std::max(1, blocks / 2);
    case TargetPreset::TopQuarter:
        return blocks - std::max(1, blocks / 4);
    case TargetPreset::OutputLayer:
        return blocks - 1;
    default:
        return 0;
    }
}

} // namespace

TargetRanks presetTargets(TargetPreset preset, const ModuleGrid& grid, const TargetRanks& current,
                          const LoraConfig& lora)
{
    const auto isOutput = [&](const ModuleInfo& module) {
        return module.isHead && module.isOutputEmbedding && !isTrainedWhole(module, lora);
    };
    const bool hasOutput = std::any_of(grid.modules().begin(), grid.modules().end(), isOutput);
    const std::set<int> columns = columnsInUse(grid, current);
    const int firstBlock = firstBlockOf(preset, grid.blockCount());
    TargetRanks ranks(grid.modules().size(), 0);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const ModuleInfo& module = grid.modules()[i];
        const bool isInStack = module.block >= 0;
        bool isAdapted = !module.isHead;
        if (preset == TargetPreset::OutputLayer && hasOutput)
            isAdapted = isOutput(module);
        else if (preset == TargetPreset::QueryValue)
            isAdapted = isInStack && isQueryOrValue(module.column);
        else if (preset != TargetPreset::AllLinear)
            isAdapted = isInStack && module.block >= firstBlock &&
                        columns.contains(grid.columnOf(static_cast<int>(i)));
        ranks[i] = isAdapted && !isTrainedWhole(module, lora) ? lora.r : 0;
    }
    return ranks;
}

} // namespace lora::ui
