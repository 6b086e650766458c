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
#include <QThread>
#include <QUrl>

namespace lora::app {

namespace {

constexpr int chartWidth = 480; ///< as wide as a page's text, in the document's pixels
constexpr int sharpness = 4;

/// Gives the document the charts' pictures, and their places in `html` their size.
void addCharts(QTextDocument& document, const RichReport& report, QString& html)
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
        const QString place = QString::fromStdString(name);
        document.addResource(QTextDocument::ImageResource, QUrl(place), image);
        html.replace(QStringLiteral("<img src=\"%1\"").arg(place),
                     QStringLiteral("<img src=\"%1\" width=\"%2\" height=\"%3\"")
                         .arg(place)
                         .arg(size.width())
                         .arg(size.height()));
    }
}

QByteArray pagesOf(const RichReport& report)
{
    QTextDocument document;
    QFont font = document.defaultFont();
    font.setPointSizeF(7);
    document.setDefaultFont(font);
    QString html = QString::fromStdString(report.html);
    addCharts(document, report, html);
    document.setHtml(html);

    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        // The document itself leaves margins of two centimetres.
        QPdfWriter writer(&buffer);
        writer.setTitle(QStringLiteral("LoRA Workbench"));
        writer.setResolution(300);
        writer.setPageLayout(QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Portrait, QMarginsF(),
                                         QPageLayout::Millimeter));
        document.print(&writer);
    }
    return bytes;
}

} // namespace

void writeReportPdf(const RichReport& report, const std::filesystem::path& file)
{
    // Laying out text takes timers, and those a thread of Qt's own.
    QByteArray bytes;
    const std::unique_ptr<QThread> thread(QThread::create([&] { bytes = pagesOf(report); }));
    thread->start();
    thread->wait();
    if (bytes.isEmpty())
        throw Error(ErrorKind::Internal, "the report could not be printed");
    writeFileAtomically(file, std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

} // namespace lora::app
