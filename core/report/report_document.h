#pragma once

#include "core/report/report_model.h"
#include "core/report/svg_chart.h"

#include <string>
#include <variant>
#include <vector>

namespace lora {

/// A report as text, tables and charts, before it is written in some form. Nothing in it is escaped yet.
struct ReportText
{
    enum class Kind { Plain, Lead, Note };
    std::string text;
    Kind kind = Kind::Plain;
};

struct ReportColumn
{
    std::string name;
    bool isText = false; ///< to the left; numbers stand to the right
};

/// The first column names its row.
struct ReportTable
{
    std::string caption;
    std::vector<ReportColumn> columns;
    std::vector<std::vector<std::string>> rows;
};

struct ReportCode
{
    std::string title;
    std::string text;
    bool isFolded = false; ///< long, of use to few
};

using ReportBlock = std::variant<ReportText, ReportTable, Chart, ReportCode>;

struct ReportSection
{
    std::string title;
    std::vector<ReportBlock> blocks;
};

struct ReportDocument
{
    std::string title;
    std::string origin; ///< one line below the title
    std::vector<ReportSection> sections;
};

/// Reads the run folders' evaluation outcomes for the statistics.
ReportDocument reportDocument(const ReportModel& report);

} // namespace lora
