#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <utility>
#include <vector>

/// What the Report page asks and is told.
namespace lora::ui {

/// A preview of the report of these runs, for a window with light or dark colours.
struct ReportQuestion
{
    QStringList runFolders;
    bool isDark = false;

    bool operator==(const ReportQuestion&) const = default;
};

struct ReportPreview
{
    ReportQuestion question;
    QString html;                                       ///< Qt's rich text; its images are the charts
    std::vector<std::pair<QString, QByteArray>> charts; ///< name and SVG
};

} // namespace lora::ui
