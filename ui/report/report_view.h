#pragma once

#include "ui/report/report_values.h"

#include <QTextBrowser>

#include <map>

namespace lora::ui {

/// Shows a report's rich text; charts are drawn from their SVG as sharp as the screen is. References to
/// anything else are not followed.
class ReportView : public QTextBrowser
{
    Q_OBJECT

public:
    explicit ReportView(QWidget* parent = nullptr);

    /// Keeps the place one has read to.
    void setReport(const QString& html, const std::vector<std::pair<QString, QByteArray>>& charts);

protected:
    QVariant loadResource(int type, const QUrl& name) override;

private:
    std::map<QString, QByteArray> m_charts;
};

} // namespace lora::ui
