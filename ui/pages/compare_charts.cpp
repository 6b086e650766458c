// Curves, bars and quality against cost of the checked runs; the page around them is in compare_page.cpp.
#include "ui/pages/compare_page.h"

#include "ui/format/quantities.h"
#include "ui/pages/run_bars.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bar_chart.h"

#include <QComboBox>
#include <QSignalBlocker>

#include <set>

namespace lora::ui {

namespace {

constexpr const char* kTrainLoss = "train";

QString runName(const RunRecord& run)
{
    return run.experiment.name.empty() ? qstr(run.id) : qstr(run.experiment.name);
}

Qt::PenStyle dashStyle(int index)
{
    static constexpr Qt::PenStyle kDashes[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
    return kDashes[index % 4];
}

} // namespace

void ComparePage::refreshMetrics()
{
    const QString before = m_metric->currentData().toString();
    std::set<std::string> keys;
    std::string primary;
    for (const RunRecordPtr& run : m_model->checkedRuns()) {
        if (primary.empty())
            primary = run->summary.primaryMetric;
        for (const EvalMetrics& evaluation : run->evaluations) {
            for (const auto& [key, value] : evaluation.values)
                keys.insert(key);
        }
    }
    const QSignalBlocker blocker(m_metric);
    m_metric->clear();
    m_metric->addItem(tr("train loss"), QString::fromLatin1(kTrainLoss));
    for (const std::string& key : keys)
        m_metric->addItem(tr("eval %1").arg(metricName(key)), qstr(key));
    int index = m_metric->findData(before);
    if (index < 0 || (before == QLatin1String(kTrainLoss) && !m_metric->property("chosen").toBool()))
        index = std::max(0, m_metric->findData(qstr(primary)));
    m_metric->setCurrentIndex(index);
    m_metric->setProperty("chosen", !keys.empty());
}

std::map<QString, int> ComparePage::dashOfTargets(const std::vector<RunRecordPtr>& runs) const
{
    // Oldest first, so that a new run does not change the others' dashes.
    std::map<QString, int> dashes;
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        if ((*run)->experiment.method.type == MethodType::Lora)
            dashes.try_emplace(targetsLabel((*run)->experiment.method), static_cast<int>(dashes.size()));
    }
    return dashes;
}

double ComparePage::xOf(const RunRecord& run, double step, double epoch, double seconds) const
{
    switch (static_cast<XAxis>(m_xAxis->currentData().toInt())) {
    case XAxis::Epoch:
        return epoch;
    case XAxis::Time:
        return seconds;
    case XAxis::Flops:
        // The ledger counts the run; its steps are alike but for the lengths of their rows.
        return run.summary.steps > 0 ? run.summary.flops * step / double(run.summary.steps) : 0;
    case XAxis::Step:
        break;
    }
    return step;
}

void ComparePage::addCurve(const RunRecord& run, int dash)
{
    const std::string key = m_metric->currentData().toString().toStdString();
    SeriesStyle style;
    style.name = runName(run);
    style.color = [method = run.experiment.method](const QPalette& palette) {
        return methodColor(method, palette);
    };
    style.dash = dashStyle(dash);
    style.marker = dash;
    style.isSmoothable = key == kTrainLoss;
    style.shape = key == kTrainLoss ? SeriesShape::Line : SeriesShape::LineWithMarkers;
    const int series = m_curves->addSeries(style);
    if (key == kTrainLoss) {
        for (const StepMetrics& step : run.steps)
            m_curves->append(series, xOf(run, double(step.step), step.epoch, step.seconds), step.loss);
        return;
    }
    for (const EvalMetrics& evaluation : run.evaluations) {
        const auto value = evaluation.values.find(key);
        if (value != evaluation.values.end())
            m_curves->append(series, xOf(run, double(evaluation.step), evaluation.epoch, evaluation.seconds),
                             value->second);
    }
}

void ComparePage::refreshCurves()
{
    m_curves->clearSeries();
    const auto runs = m_model->checkedRuns();
    const auto dashes = dashOfTargets(runs);
    switch (static_cast<XAxis>(m_xAxis->currentData().toInt())) {
    case XAxis::Step:
        m_curves->setXAxis(tr("step"));
        break;
    case XAxis::Epoch:
        m_curves->setXAxis(tr("epoch"));
        break;
    case XAxis::Time:
        m_curves->setXAxis(tr("training time"), AxisFormat::Duration);
        break;
    case XAxis::Flops:
        m_curves->setXAxis(tr("compute"), AxisFormat::Flops);
        break;
    }
    QString title = m_metric->currentText();
    if (!title.isEmpty())
        title[0] = title[0].toUpper();
    m_curves->setTitle(runs.empty() ? tr("Curves") : title);
    for (const RunRecordPtr& run : runs) {
        const auto dash = dashes.find(targetsLabel(run->experiment.method));
        addCurve(*run, dash == dashes.end() ? 0 : dash->second);
    }
}

void ComparePage::refreshBars()
{
    const auto runs = m_model->checkedRuns();
    const auto sets = runBars(runs, palette());
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        m_bars[i]->setTitle(sets[i].title);
        m_bars[i]->setEmptyText(tr("Check runs to see what they cost"));
        m_bars[i]->setRows(sets[i].rows);
        m_bars[i]->setVisible(i == 0 || !sets[i].rows.empty());
    }
}

/// The one result that stands on the quality axis: an F1 and a loss have no place on the same. The curves'
/// metric where it is a run's result, else the first run's.
std::string ComparePage::qualityOf(const std::vector<RunRecordPtr>& runs) const
{
    const std::string chosen = m_metric->currentData().toString().toStdString();
    for (const RunRecordPtr& run : runs)
        if (run->summary.primaryMetric == chosen)
            return chosen;
    for (const RunRecordPtr& run : runs)
        if (primaryResult(*run))
            return run->summary.primaryMetric;
    return {};
}

void ComparePage::refreshScatter()
{
    m_scatter->clearSeries();
    const auto cost = static_cast<Cost>(m_cost->currentData().toInt());
    const auto runs = m_model->checkedRuns();
    const std::string quality = qualityOf(runs);
    const auto dashes = dashOfTargets(runs);
    std::size_t shown = 0;
    m_scatter->setXLogarithmic(cost == Cost::Trainable);
    m_scatter->setXAxis(m_cost->currentText().section(u' ', 1), cost == Cost::Rank      ? AxisFormat::Rank
                                                                : cost == Cost::Time    ? AxisFormat::Duration
                                                                : cost == Cost::Compute ? AxisFormat::Flops
                                                                : cost == Cost::Memory  ? AxisFormat::Bytes
                                                                                        : AxisFormat::Count);
    if (cost == Cost::Rank)
        return refreshRanks(runs, quality);
    std::vector<CostPoint> points;
    for (const RunRecordPtr& run : runs) {
        const RunSummary& summary = run->summary;
        const double costs[] = {0, double(summary.trainableParameters), summary.flops,
                                double(summary.peakMemoryBytes), summary.trainSeconds};
        const auto value = primaryResult(*run);
        const double x = costs[static_cast<std::size_t>(cost)];
        if (!value || x <= 0 || summary.primaryMetric != quality)
            continue;
        SeriesStyle style;
        style.name = runName(*run);
        style.color = [method = run->experiment.method](const QPalette& palette) {
            return methodColor(method, palette);
        };
        style.shape = SeriesShape::Markers;
        const auto dash = dashes.find(targetsLabel(run->experiment.method));
        style.marker = dash == dashes.end() ? 0 : dash->second;
        m_scatter->append(m_scatter->addSeries(style), x, *value);
        points.push_back({x, *value});
        ++shown;
    }
    addFront(points, quality);
    const QString title = tr("Quality (%1) against cost").arg(metricName(quality));
    if (shown > 0)
        m_scatter->setTitle(
            shown == runs.size() ? title : tr("%1, %2 of %3 runs").arg(title).arg(shown).arg(runs.size()));
}

} // namespace lora::ui
