// The context menu of a plot: copying and saving it.
#include "ui/plots/plot_canvas.h"
#include "ui/plots/time_series_plot.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QMenu>
#include <QSaveFile>
#include <QStandardPaths>
#include <QSvgGenerator>

namespace lora::ui {

void TimeSeriesPlot::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    QAction* logarithmic = menu.addAction(tr("Logarithmic axis"));
    logarithmic->setCheckable(true);
    logarithmic->setChecked(isLogarithmic());
    connect(logarithmic, &QAction::toggled, this, &TimeSeriesPlot::setLogarithmic);
    connect(menu.addAction(tr("Show everything")), &QAction::triggered, this, [this] {
        setVisibleRange(std::nullopt);
        emit visibleRangeChanged(std::nullopt);
    });
    menu.addSeparator();
    addSaveActions(menu);
    menu.exec(event->globalPos());
}

void TimeSeriesPlot::addSaveActions(QMenu& menu)
{
    connect(menu.addAction(tr("Copy picture")), &QAction::triggered, this,
            [this] { QApplication::clipboard()->setPixmap(m_canvas->plot->toPixmap(0, 0, 2)); });
    const std::pair<QString, QString> formats[] = {{QStringLiteral("png"), tr("Save picture as PNG…")},
                                                   {QStringLiteral("svg"), tr("Save picture as SVG…")},
                                                   {QStringLiteral("pdf"), tr("Save picture as PDF…")},
                                                   {QStringLiteral("csv"), tr("Save data as CSV…")}};
    for (const auto& [suffix, text] : formats)
        connect(menu.addAction(text), &QAction::triggered, this, [this, suffix = suffix] {
            save(suffix, QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix));
        });
}

void TimeSeriesPlot::save(const QString& suffix, const QString& filter)
{
    const QString name = accessibleName().toLower().replace(u' ', u'-');
    const QString start = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    QString file = QFileDialog::getSaveFileName(this, tr("Save"),
                                                QStringLiteral("%1/%2.%3").arg(start, name, suffix), filter);
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += u'.' + suffix;
    if (!writeFile(file, suffix))
        emit problem(tr("%1 could not be written").arg(file),
                     tr("Choose another folder, or free some space."));
}

bool TimeSeriesPlot::writeFile(const QString& file, const QString& suffix)
{
    QCustomPlot& plot = *m_canvas->plot;
    if (suffix == QStringLiteral("png"))
        return plot.savePng(file, 0, 0, 2);
    if (suffix == QStringLiteral("pdf"))
        return plot.savePdf(file, 0, 0, QCP::epNoCosmetic, QApplication::applicationDisplayName(),
                            accessibleName());
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly))
        return false;
    if (suffix == QStringLiteral("csv")) {
        out.write(csv().toUtf8());
        return out.commit();
    }
    QSvgGenerator generator;
    generator.setOutputDevice(&out);
    generator.setTitle(accessibleName());
    generator.setSize(plot.size());
    generator.setViewBox(QRect(QPoint(), plot.size()));
    QCPPainter painter;
    if (!painter.begin(&generator))
        return false;
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    plot.toPainter(&painter, plot.width(), plot.height());
    painter.end();
    return out.commit();
}

} // namespace lora::ui
