#pragma once

#include "core/report/report_document.h"

#include <string>
#include <utility>
#include <vector>

namespace lora {

/// One self-contained HTML document (well-formed as XML too) without scripts or references to anything else:
/// charts as inline SVG with titles and descriptions, light and dark as the reader's system, made to be
/// printed. All text is escaped.
std::string htmlReport(const ReportDocument& document);

/// The same in what Qt's rich text understands: no styles but a few attributes, charts apart, as images
/// named "chart-1", "chart-2", ….
struct RichReport
{
    std::string html;
    std::vector<std::pair<std::string, std::string>> charts; ///< name and SVG
};
RichReport richReport(const ReportDocument& document, const ChartColours& colours);

} // namespace lora
