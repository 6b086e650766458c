#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <utility>
#include <vector>

/// What the Report page asks and is told.
namespace lora::ui {

/// A report of these runs, or the evidence of a reproduction; its preview for light or dark colours.
struct ReportQuestion
{
    QStringList runFolders{};
    QString reproduction{}; ///< its folder; then there are no runs
    bool isDark = false;

    bool isEmpty() const { return runFolders.isEmpty() && reproduction.isEmpty(); }
    bool isOfSame(const ReportQuestion& other) const
    {
        return runFolders == other.runFolders && reproduction == other.reproduction;
    }
    bool operator==(const ReportQuestion&) const = default;
};

struct ReportPreview
{
    ReportQuestion question;
    QString html;                                       ///< Qt's rich text; its images are the charts
    std::vector<std::pair<QString, QByteArray>> charts; ///< name and SVG
};

} // namespace lora::ui
