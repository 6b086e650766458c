#include "ui/report/report_view.h"

#include "ui/theme/theme.h"

#include <QPainter>
#include <QScrollBar>
#include <QSvgRenderer>

namespace lora::ui {

ReportView::ReportView(QWidget* parent)
    : QTextBrowser(parent)
{
    setOpenLinks(false);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Preview of the report"));
    document()->setDocumentMargin(2 * kGrid);
}

void ReportView::setReport(const QString& html, const std::vector<std::pair<QString, QByteArray>>& charts)
{
    const int place = verticalScrollBar()->value();
    m_charts.clear();
    for (const auto& [name, svg] : charts)
        m_charts[name] = svg;
    document()->clear(); // with the pictures of before
    setHtml(html);
    verticalScrollBar()->setValue(place);
}

QVariant ReportView::loadResource(int type, const QUrl& name)
{
    const auto found = m_charts.find(name.path());
    if (type != QTextDocument::ImageResource || found == m_charts.end())
        return {};
    QSvgRenderer renderer(found->second);
    const QSize size = renderer.defaultSize();
    if (!renderer.isValid() || size.isEmpty() || size.width() > 4000 || size.height() > 4000)
        return {};
    const qreal ratio = devicePixelRatioF();
    QImage image((QSizeF(size) * ratio).toSize(), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    renderer.render(&painter, QRectF(QPointF(), QSizeF(size)));
    return image;
}

} // namespace lora::ui
