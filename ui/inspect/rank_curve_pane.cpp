#include "ui/inspect/rank_curve_pane.h"

#include "ui/format/quantities.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace lora::ui {

RankCurvePane::RankCurvePane(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    auto* actions = new QHBoxLayout;
    actions->setSpacing(kGrid);
    actions->addWidget(m_compute);
    actions->addWidget(m_progress, 1);
    actions->addWidget(m_stop);
    actions->addStretch(0);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kGrid, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(m_plot, 1);
    layout->addWidget(m_advice);
    layout->addLayout(actions);
    connectSignals();
    setRun(nullptr);
}

void RankCurvePane::createWidgets()
{
    m_plot = new TimeSeriesPlot(tr("Rank curve"), this);
    m_plot->setEmptyText(
        tr("The run's quality with its adapters truncated to every smaller rank appears here once computed"));
    m_plot->setXAxis(tr("rank the adapters are truncated to"), AxisFormat::Rank);
    m_advice = new QLabel(this);
    m_advice->setWordWrap(true);
    m_advice->setTextFormat(Qt::PlainText);
    m_advice->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_advice->setAccessibleName(tr("Recommendation"));
    m_compute = new QPushButton(tr("&Compute rank curve"), this);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(true);
    m_stop = new QPushButton(tr("S&top"), this);
}

void RankCurvePane::connectSignals()
{
    connect(m_compute, &QPushButton::clicked, this, [this] {
        m_measured = folder();
        m_since.start();
        setProgress({});
        refreshActions();
        emit curveRequested(m_measured);
    });
    connect(m_stop, &QPushButton::clicked, this, [this] {
        m_stop->setEnabled(false);
        m_progress->setFormat(tr("Stopping…"));
        emit stopRequested();
    });
    connect(m_plot, &TimeSeriesPlot::cursorMoved, m_plot, &TimeSeriesPlot::setCursor);
    connect(m_plot, &TimeSeriesPlot::problem, this, &RankCurvePane::problem);
}

QString RankCurvePane::folder() const
{
    return m_run ? QString::fromStdString(m_run->folder.string()) : QString();
}

void RankCurvePane::setRun(const RunRecordPtr& run)
{
    m_run = run;
    showCurve();
    refreshActions();
}

void RankCurvePane::refreshActions()
{
    const bool isBusy = !m_measured.isEmpty();
    const bool hasRank = m_run && m_run->experiment.method.type == MethodType::Lora;
    m_compute->setEnabled(hasRank && !isBusy);
    m_compute->setToolTip(hasRank || !m_run
                              ? tr("Truncate the adapters to every smaller rank and evaluate each "
                                   "on the run's own evaluation examples")
                              : tr("Full fine-tuning has no adapters to truncate"));
    m_progress->setVisible(isBusy);
    m_stop->setVisible(isBusy);
}

void RankCurvePane::setProgress(const RankCurveProgress& progress)
{
    if (progress.done == 0 && progress.total == 0) {
        m_stop->setEnabled(true);
        m_progress->setRange(0, 0);
        m_progress->setFormat(tr("Opening the run…"));
        return;
    }
    m_progress->setRange(0, progress.total);
    m_progress->setValue(progress.done);
    if (!m_stop->isEnabled())
        return;
    QString text = tr("rank %1, %2 of %3").arg(progress.rank).arg(progress.done + 1).arg(progress.total);
    if (progress.done > 0) {
        const double seconds =
            double(m_since.elapsed()) / 1000 / progress.done * (progress.total - progress.done);
        text = tr("%1, ≈ %2 left").arg(text, qDuration(seconds));
    }
    m_progress->setFormat(text);
}

void RankCurvePane::setCurve(const RankCurveValues& curve)
{
    m_curves[curve.folder] = curve;
    setEnd(curve.folder, {}, {});
    showCurve();
}

void RankCurvePane::setEnd(const QString& folder, const QString& what, const QString& hint)
{
    if (m_measured == folder)
        m_measured.clear();
    refreshActions();
    if (!what.isEmpty())
        emit problem(what, hint);
}

QString RankCurvePane::recommendation() const
{
    return m_advice->text();
}

void RankCurvePane::showCurve()
{
    m_plot->clearSeries();
    m_plot->setTitle(tr("Rank curve"));
    const auto found = m_curves.find(folder());
    m_advice->setVisible(found != m_curves.end());
    m_advice->setText(found == m_curves.end() ? QString() : found->second.sentence);
    if (found == m_curves.end())
        return;
    const RankCurveValues& curve = found->second;
    QString title =
        tr("%1 at every truncated rank, %2 examples").arg(metricName(curve.metric)).arg(curve.rows);
    title[0] = title[0].toUpper();
    m_plot->setTitle(title);
    SeriesStyle style;
    style.name = metricName(curve.metric);
    style.color = &accentColor;
    style.shape = SeriesShape::LineWithMarkers;
    style.isLabelled = false;
    const int line = m_plot->addSeries(style);
    for (const TruncatedQuality& point : curve.points) {
        const double x = rankPosition(double(point.rank));
        m_plot->append(line, x, point.quality);
        const auto interval = point.interval.value_or(std::pair(point.quality, point.quality));
        m_plot->appendInterval(line, x, interval.first, interval.second);
        if (curve.enough != point.rank)
            continue;
        SeriesStyle mark;
        mark.name = tr("this would have been enough");
        mark.color = [](const QPalette& palette) { return palette.color(QPalette::WindowText); };
        mark.shape = SeriesShape::Ring;
        m_plot->append(m_plot->addSeries(mark), x, point.quality);
    }
    if (!curve.points.empty())
        m_plot->setLevel(tr("as trained"), curve.points.back().quality);
}

} // namespace lora::ui
