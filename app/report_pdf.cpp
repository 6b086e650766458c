#include "app/report_pdf.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"

#include <QBuffer>
#include <QFont>
#include <QPageLayout>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgRenderer>
#include <QTextDocument>
#include <QUrl>

namespace lora::app {

namespace {

constexpr int chartWidth = 480; ///< as wide as a page's text, in the document's pixels
constexpr int sharpness = 4;

void addCharts(QTextDocument& document, const RichReport& report)
{
    for (const auto& [name, svg] : report.charts) {
        QSvgRenderer renderer(QByteArray::fromStdString(svg));
        const QSize size = renderer.defaultSize().scaled(chartWidth, 4 * chartWidth, Qt::KeepAspectRatio);
        if (!renderer.isValid() || size.isEmpty())
            continue;
        QImage image(size * sharpness, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::white);
        QPainter painter(&image);
        renderer.render(&painter);
        painter.end();
        document.addResource(QTextDocument::ImageResource, QUrl(QString::fromStdString(name)), image);
    }
}

} // namespace

void writeReportPdf(const RichReport& report, const std::filesystem::path& file)
{
    QTextDocument document;
    QFont font = document.defaultFont();
    font.setPointSizeF(8);
    document.setDefaultFont(font);
    addCharts(document, report);
    QString html = QString::fromStdString(report.html);
    html.replace(QLatin1String("<img "), QStringLiteral("<img width=\"%1\" ").arg(chartWidth));
    document.setHtml(html);

    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setTitle(QStringLiteral("LoRA Workbench"));
        writer.setResolution(300);
        writer.setPageLayout(QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Portrait,
                                         QMarginsF(14, 14, 14, 14), QPageLayout::Millimeter));
        document.print(&writer);
    }
    if (bytes.isEmpty())
        throw Error(ErrorKind::Internal, "the report could not be printed");
    writeFileAtomically(file, std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

} // namespace lora::app
