#pragma once

#include "ui/models/run_table_model.h"
#include "ui/widgets/bar_chart.h"

#include <array>

namespace lora::ui {

struct RunBarSet
{
    QString title;
    std::vector<BarRow> rows;
};

/// Trainable parameters, compute, peak memory and time of the runs. The baseline of the percentages is a full
/// run among them with the same model and data (measured); else the first run's own ledger for full
/// fine-tuning, as an estimated row, which knows parameters and compute only.
std::array<RunBarSet, 4> runBars(const std::vector<RunRecordPtr>& runs, const QPalette& palette);

} // namespace lora::ui
