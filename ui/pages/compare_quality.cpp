// What the checked runs say about each other: the sentence, quality against rank, the Pareto front.
#include "core/config/task.h"
#include "ui/format/quantities.h"
#include "ui/pages/compare_page.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QLabel>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora::ui {

namespace {

ThemeColor muted()
{
    return [](const QPalette& palette) { return mutedText(palette); };
}

std::vector<std::string> foldersOf(const std::vector<RunRecordPtr>& runs)
{
    std::vector<std::string> folders;
    for (const RunRecordPtr& run : runs)
        folders.push_back(run->folder.string());
    return folders;
}

/// Runs that have a result to be compared.
std::vector<RunRecordPtr> endedRuns(std::vector<RunRecordPtr> runs)
{
    std::erase_if(runs, [](const RunRecordPtr& run) { return !primaryResult(*run); });
    return runs;
}

double meanResult(const std::vector<RunRecordPtr>& runs)
{
    double sum = 0;
    for (const RunRecordPtr& run : runs)
        sum += primaryResult(*run).value_or(0);
    return sum / double(runs.size());
}

/// Variant and targets: what stays the same along one line of ranks.
using Family = std::pair<QString, QString>;

/// No more words than tell the families apart.
QString nameOf(const Family& family, const std::map<Family, std::vector<RunRecordPtr>>& families)
{
    const auto differs = [&](auto part) {
        return std::ranges::any_of(families,
                                   [&](const auto& other) { return other.first.*part != family.*part; });
    };
    const bool hasVariants = differs(&Family::first);
    const bool hasTargets = differs(&Family::second);
    if (hasVariants && hasTargets)
        return QStringLiteral("%1, %2").arg(family.first, family.second);
    return hasVariants ? family.first : hasTargets ? family.second : QString();
}

} // namespace

void ComparePage::setQualityAxis(int index)
{
    m_cost->setCurrentIndex(index);
    refreshScatter();
}

QString ComparePage::conclusion() const
{
    return m_sentence->isHidden() ? QString() : m_sentence->text();
}

void ComparePage::askForConclusion()
{
    const auto runs = endedRuns(m_model->checkedRuns());
    if (foldersOf(runs) == m_conclusion.folders)
        return;
    m_conclusion = {};
    m_conclusion.folders = foldersOf(runs);
    m_sentence->hide();
    if (runs.size() > 1)
        emit conclusionRequested(runs);
}

void ComparePage::setConclusion(const ComparisonConclusion& conclusion)
{
    if (conclusion.folders != m_conclusion.folders)
        return; // about runs that were checked before
    m_conclusion = conclusion;
    m_sentence->setText(conclusion.sentence);
    m_sentence->setToolTip(conclusion.details.isEmpty()
                               ? QString()
                               : QStringLiteral("<pre>%1</pre>").arg(conclusion.details.toHtmlEscaped()));
    m_sentence->setVisible(!conclusion.sentence.isEmpty());
    if (static_cast<Cost>(m_cost->currentData().toInt()) == Cost::Rank)
        refreshScatter();
}

/// 95 % over the seeds of one configuration; nothing where these runs are not one.
std::optional<std::pair<double, double>> ComparePage::intervalOf(const std::vector<RunRecordPtr>& runs) const
{
    for (const ComparedGroup& group : m_conclusion.groups) {
        const bool isGroup = group.folders.size() == runs.size() &&
                             std::ranges::all_of(foldersOf(runs), [&](const std::string& folder) {
                                 return std::ranges::find(group.folders, folder) != group.folders.end();
                             });
        if (isGroup && m_conclusion.metric == runs.front()->summary.primaryMetric)
            return group.interval;
    }
    return std::nullopt;
}

/// `runs` of one variant and the same targets: their means over ranks, and every run as a dot.
void ComparePage::addRankLine(const std::vector<RunRecordPtr>& runs, const QString& name, int dash)
{
    std::map<int, std::vector<RunRecordPtr>> ranks;
    for (const RunRecordPtr& run : runs)
        ranks[run->experiment.method.lora.r].push_back(run);
    SeriesStyle style;
    style.name = name;
    style.color = muted();
    style.shape = SeriesShape::LineWithMarkers;
    style.dash = dash % 2 == 0 ? Qt::SolidLine : Qt::DashLine;
    style.marker = dash;
    style.width = 1.2;
    style.isLabelled = !name.isEmpty();
    const int line = m_scatter->addSeries(style);
    for (const auto& [rank, group] : ranks) {
        const double x = rankPosition(rank);
        m_scatter->append(line, x, meanResult(group));
        if (const auto interval = intervalOf(group))
            m_scatter->appendInterval(line, x, interval->first, interval->second);
        SeriesStyle dots;
        dots.name = tr("rank %1").arg(rank);
        dots.color = [rank = rank](const QPalette& palette) { return rankColor(rank, palette); };
        dots.shape = SeriesShape::Markers;
        dots.marker = dash;
        dots.isLabelled = false;
        const int series = m_scatter->addSeries(dots);
        for (const RunRecordPtr& run : group)
            m_scatter->append(series, x, *primaryResult(*run));
    }
}

void ComparePage::refreshRanks(const std::vector<RunRecordPtr>& runs, const std::string& quality)
{
    std::map<Family, std::vector<RunRecordPtr>> families;
    std::map<MethodType, std::vector<RunRecordPtr>> levels;
    for (const RunRecordPtr& run : endedRuns(runs)) {
        if (run->summary.primaryMetric != quality)
            continue;
        if (run->experiment.method.type == MethodType::Lora)
            families[{methodLabel(run->experiment.method), targetsLabel(run->experiment.method)}].push_back(
                run);
        else
            levels[run->experiment.method.type].push_back(run);
    }
    int dash = 0;
    for (const auto& [family, members] : families)
        addRankLine(members, nameOf(family, families), dash++);
    m_scatter->setTitle(quality.empty() ? tr("Quality against rank")
                                        : tr("Quality (%1) against rank").arg(metricName(quality)));
    if (families.empty())
        return; // levels alone are no curve
    for (const auto& [type, members] : levels)
        m_scatter->setLevel(type == MethodType::Full ? tr("full fine-tuning") : tr("head alone"),
                            meanResult(members));
}

/// The runs no other one beats in both, joined by a thin line, and its knee: the point farthest from the line
/// between the front's ends, both axes scaled to them.
void ComparePage::addFront(const std::vector<CostPoint>& points, const std::string& quality)
{
    const double sign = isLowerBetter(quality) ? -1 : 1;
    std::vector<CostPoint> sorted = points;
    std::ranges::sort(sorted, [sign](const CostPoint& a, const CostPoint& b) {
        return a.cost != b.cost ? a.cost < b.cost : sign * a.quality > sign * b.quality;
    });
    std::vector<CostPoint> front;
    for (const CostPoint& point : sorted)
        if (front.empty() || sign * point.quality > sign * front.back().quality)
            front.push_back(point);
    if (front.size() < 2)
        return;
    SeriesStyle style;
    style.name = tr("Pareto front");
    style.color = muted();
    style.dash = Qt::DotLine;
    style.width = 1;
    style.isLabelled = false;
    const int line = m_scatter->addSeries(style);
    for (const CostPoint& point : front)
        m_scatter->append(line, point.cost, point.quality);
    const bool isLog = static_cast<Cost>(m_cost->currentData().toInt()) == Cost::Trainable;
    const auto place = [&](const CostPoint& point) { return isLog ? std::log(point.cost) : point.cost; };
    const double width = place(front.back()) - place(front.front());
    const double height = front.back().quality - front.front().quality;
    std::size_t knee = 0;
    double farthest = 0.1; // a straight front has no knee
    for (std::size_t i = 1; i + 1 < front.size(); ++i) {
        const double bulge = (front[i].quality - front.front().quality) / height -
                             (place(front[i]) - place(front.front())) / width;
        if (bulge > farthest) {
            farthest = bulge;
            knee = i;
        }
    }
    if (knee == 0)
        return;
    style.name = tr("knee");
    style.shape = SeriesShape::Ring;
    m_scatter->append(m_scatter->addSeries(style), front[knee].cost, front[knee].quality);
}

} // namespace lora::ui
