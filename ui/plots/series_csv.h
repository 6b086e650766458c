#pragma once

#include "ui/plots/series_buffer.h"

#include <QString>

#include <vector>

namespace lora::ui {

struct CsvSeries
{
    QString name;
    const std::vector<PlotPoint>* points;
};

/// One row per distinct x, one column per series, empty where a series has no point there. Full precision,
/// RFC 4180.
QString seriesCsv(const QString& xName, const std::vector<CsvSeries>& series);

} // namespace lora::ui
