#include "ui/pages/inspect_page.h"

#include "ui/format/quantities.h"
#include "ui/inspect/spectrum_map.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"

#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace lora::ui {

namespace {

QString folderOf(const RunRecord& run)
{
    return QString::fromStdString(run.folder.string());
}

QString titleOf(const RunRecord& run)
{
    const MethodConfig& method = run.experiment.method;
    const QString name = run.experiment.name.empty() ? qstr(run.id) : qstr(run.experiment.name);
    if (method.type != MethodType::Lora)
        return InspectPage::tr("%1 (%2)").arg(name, methodLabel(method));
    return InspectPage::tr("%1 (%2, rank %3)").arg(name, methodLabel(method)).arg(method.lora.r);
}

bool isInspectable(const RunRecord& run)
{
    const std::string& outcome = run.summary.outcome;
    return run.experiment.method.type != MethodType::Head && outcome != "running" && outcome != "failed";
}

ThemeColor faint()
{
    return [](const QPalette& palette) {
        return mixed(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.22);
    };
}

} // namespace

InspectPage::InspectPage(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connectSignals();
    setRuns({});
}

void InspectPage::createWidgets()
{
    m_run = new QComboBox(this);
    m_run->setAccessibleName(tr("Run"));
    m_run->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_run->setMinimumContentsLength(24);
    m_quantity = new QComboBox(this);
    m_quantity->setAccessibleName(tr("What the map shows"));
    m_quantity->addItem(tr("effective rank"), int(SpectrumMap::Quantity::EffectiveRank));
    m_quantity->addItem(tr("relative change"), int(SpectrumMap::Quantity::RelativeChange));
    m_quantity->setItemData(0,
                            tr("How many directions a change uses: exp of the entropy of its singular values "
                               "(Roy, Vetterli 2007)"),
                            Qt::ToolTipRole);
    m_quantity->setItemData(1, tr("‖ΔW‖ / ‖W‖: how far a weight moved"), Qt::ToolTipRole);
    m_quantity->setToolTip(m_quantity->itemData(0, Qt::ToolTipRole).toString());
    m_note = new MutedLabel({}, this);
    m_map = new SpectrumMap(this);
    m_spectrum = new TimeSeriesPlot(tr("Singular values"), this);
    m_spectrum->setEmptyText(tr("The singular values of the chosen module's change appear here"));
    m_spectrum->setXAxis(tr("direction"), AxisFormat::Index);
    m_spectrum->setKeepsZero(true);
    m_facts = new MutedLabel({}, this);
    m_curve = new TimeSeriesPlot(tr("Rank curve"), this);
    m_curve->setEmptyText(
        tr("The run's quality with its adapters truncated to every smaller rank appears here once computed"));
    m_curve->setXAxis(tr("rank the adapters are truncated to"), AxisFormat::Rank);
    m_compute = new QPushButton(tr("&Compute rank curve"), this);
    m_stop = new QPushButton(tr("S&top"), this);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(true);
    m_advice = new QLabel(this);
    m_advice->setWordWrap(true);
    m_advice->setTextFormat(Qt::PlainText);
    m_advice->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_advice->setAccessibleName(tr("Recommendation"));
}

void InspectPage::buildLayout()
{
    auto* top = new QHBoxLayout;
    top->setSpacing(kGrid);
    auto* label = new QLabel(tr("&Run"), this);
    label->setBuddy(m_run);
    top->addWidget(label);
    top->addWidget(m_run);
    top->addSpacing(kGrid);
    top->addWidget(m_note, 1);

    auto* left = new QWidget(this);
    auto* leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 0, kGrid, 0);
    leftLayout->setSpacing(kGrid);
    auto* mapHeading = new QHBoxLayout;
    auto* heading = new QLabel(tr("What training changed"), this);
    heading->setFont(headingFont(font()));
    mapHeading->addWidget(heading);
    mapHeading->addStretch(1);
    mapHeading->addWidget(m_quantity);
    leftLayout->addLayout(mapHeading);
    m_mapArea = new QScrollArea(this);
    m_mapArea->setWidget(m_map);
    m_mapArea->setWidgetResizable(true);
    m_mapArea->setFrameShape(QFrame::NoFrame);
    leftLayout->addWidget(m_mapArea, 3);
    leftLayout->addSpacing(kGrid);
    leftLayout->addWidget(m_spectrum, 2);
    leftLayout->addWidget(m_facts);

    auto* right = new QWidget(this);
    auto* rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(kGrid, 0, 0, 0);
    rightLayout->setSpacing(kGrid);
    rightLayout->addWidget(m_curve, 1);
    rightLayout->addWidget(m_advice);
    auto* actions = new QHBoxLayout;
    actions->setSpacing(kGrid);
    actions->addWidget(m_compute);
    actions->addWidget(m_progress, 1);
    actions->addWidget(m_stop);
    actions->addStretch(0);
    rightLayout->addLayout(actions);

    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(left);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 2 * kGrid);
    layout->setSpacing(2 * kGrid);
    layout->addLayout(top);
    layout->addWidget(splitter, 1);
}

void InspectPage::connectSignals()
{
    connect(m_run, &QComboBox::currentIndexChanged, this, [this] { showChosen(); });
    connect(m_quantity, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_quantity->setToolTip(m_quantity->itemData(index, Qt::ToolTipRole).toString());
        m_map->setQuantity(static_cast<SpectrumMap::Quantity>(m_quantity->currentData().toInt()));
    });
    connect(m_map, &SpectrumMap::currentChanged, this, &InspectPage::showModule);
    connect(m_compute, &QPushButton::clicked, this, [this] {
        m_measured = folder();
        m_since.start();
        setCurveProgress({});
        refreshCompute();
        emit curveRequested(m_measured);
    });
    connect(m_stop, &QPushButton::clicked, this, [this] {
        m_stop->setEnabled(false);
        m_progress->setFormat(tr("Stopping…"));
        emit curveStopRequested();
    });
    for (TimeSeriesPlot* plot : {m_spectrum, m_curve}) {
        connect(plot, &TimeSeriesPlot::cursorMoved, plot, &TimeSeriesPlot::setCursor);
        connect(plot, &TimeSeriesPlot::problem, this, &InspectPage::problem);
    }
}

void InspectPage::setRuns(const std::vector<RunRecordPtr>& runs)
{
    const QString before = folder();
    m_runs.clear();
    std::ranges::copy_if(runs, std::back_inserter(m_runs),
                         [](const RunRecordPtr& run) { return isInspectable(*run); });
    std::ranges::stable_sort(m_runs, std::greater<>(),
                             [](const RunRecordPtr& run) { return run->summary.startedAt; });
    {
        const QSignalBlocker blocker(m_run);
        m_run->clear();
        for (const RunRecordPtr& run : m_runs) {
            m_run->addItem(titleOf(*run), folderOf(*run));
            m_run->setItemData(m_run->count() - 1, folderOf(*run), Qt::ToolTipRole);
        }
        // The newest LoRA run: full fine-tuning has no rank to ask about.
        const auto lora = std::ranges::find(
            m_runs, MethodType::Lora, [](const RunRecordPtr& run) { return run->experiment.method.type; });
        const int kept = m_run->findData(before);
        const int first = lora == m_runs.end() ? 0 : static_cast<int>(lora - m_runs.begin());
        m_run->setCurrentIndex(m_runs.empty() ? -1 : kept >= 0 ? kept : first);
        m_run->setEnabled(!m_runs.empty());
    }
    if (folder() != before || m_runs.empty())
        showChosen();
}

QString InspectPage::folder() const
{
    return m_run->currentData().toString();
}

void InspectPage::choose(const QString& folder)
{
    m_run->setCurrentIndex(std::max(0, m_run->findData(folder)));
}

RunRecordPtr InspectPage::currentRun() const
{
    const int index = m_run->currentIndex();
    return index < 0 ? nullptr : m_runs[static_cast<std::size_t>(index)];
}

void InspectPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    askIfShown();
}

/// Opening a run takes its model into memory: only when somebody looks.
void InspectPage::askIfShown()
{
    const QString wanted = folder();
    if (!isVisible() || wanted.isEmpty() || m_inspections.contains(wanted) || m_asked == wanted)
        return;
    m_asked = wanted;
    m_note->setText(tr("Opening the run and taking its changes apart…"));
    QTimer::singleShot(0, this, [this, wanted] { emit inspectRequested(wanted); });
}

void InspectPage::showChosen()
{
    const auto found = m_inspections.find(folder());
    const bool isKnown = found != m_inspections.end();
    m_note->setText(m_runs.empty() ? tr("Runs appear here once one has been trained.") : QString());
    if (isKnown) {
        const auto& modules = found->second.modules;
        const auto changed = std::ranges::count_if(modules, &InspectedModule::isChanged);
        m_note->setText(tr("%1 of %2 linear modules changed").arg(changed).arg(modules.size()));
    }
    m_map->setModules(isKnown ? found->second.modules : std::vector<InspectedModule>());
    // Deep models scroll; of others the spectrum takes the room that is left.
    m_mapArea->setMaximumHeight(m_map->sizeHint().height() + kGrid);
    showModule(m_map->current());
    showCurve();
    refreshCompute();
    askIfShown();
}

void InspectPage::setInspection(const RunInspection& inspection)
{
    m_inspections[inspection.folder] = inspection;
    if (m_asked == inspection.folder)
        m_asked.clear();
    if (inspection.folder == folder())
        showChosen();
}

void InspectPage::setInspectionProblem(const QString& folder, const QString& what, const QString& hint)
{
    if (m_asked == folder)
        m_asked.clear();
    if (folder != this->folder())
        return;
    m_note->setText(hint.isEmpty() ? what : tr("%1 %2").arg(what, hint), MutedLabel::Tone::Problem);
}

void InspectPage::showModule(int module)
{
    m_spectrum->clearSeries();
    m_facts->setText({});
    m_spectrum->setTitle(tr("Singular values"));
    if (module < 0)
        return;
    const auto& modules = m_map->modules();
    const auto add = [&](const InspectedModule& entry, const SeriesStyle& style) {
        const int series = m_spectrum->addSeries(style);
        for (std::size_t i = 0; i < entry.singularValues.size(); ++i)
            m_spectrum->append(series, double(i + 1), entry.singularValues[i]);
    };
    SeriesStyle others;
    others.color = faint();
    others.width = 1;
    others.isLabelled = false;
    for (int i = 0; i < static_cast<int>(modules.size()); ++i) {
        const InspectedModule& entry = modules[static_cast<std::size_t>(i)];
        others.name = qstr(entry.module.name);
        if (i != module && entry.isChanged())
            add(entry, others);
    }
    const InspectedModule& chosen = modules[static_cast<std::size_t>(module)];
    SeriesStyle style;
    style.name = qstr(chosen.module.name);
    style.color = &accentColor;
    style.shape = chosen.singularValues.size() > 32 ? SeriesShape::Line : SeriesShape::LineWithMarkers;
    style.isLabelled = false;
    add(chosen, style);
    m_spectrum->setTitle(tr("Singular values of %1").arg(qstr(chosen.module.name)));
    m_facts->setText(m_map->describe(module).section(u'\n', 1).replace(u'\n', QStringLiteral(" · ")));
}

void InspectPage::refreshCompute()
{
    const RunRecordPtr run = currentRun();
    const bool isBusy = !m_measured.isEmpty();
    const bool hasRank = run && run->experiment.method.type == MethodType::Lora;
    m_compute->setEnabled(hasRank && !isBusy);
    m_compute->setToolTip(hasRank || !run
                              ? tr("Truncate the adapters to every smaller rank and evaluate each "
                                   "on the run's own evaluation examples")
                              : tr("Full fine-tuning has no adapters to truncate"));
    m_progress->setVisible(isBusy);
    m_stop->setVisible(isBusy);
}

void InspectPage::setCurveProgress(const RankCurveProgress& progress)
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

void InspectPage::setCurve(const RankCurveValues& curve)
{
    m_curves[curve.folder] = curve;
    setCurveEnd(curve.folder, {}, {});
    showCurve();
}

void InspectPage::setCurveEnd(const QString& folder, const QString& what, const QString& hint)
{
    if (m_measured == folder)
        m_measured.clear();
    refreshCompute();
    if (!what.isEmpty())
        emit problem(what, hint);
}

QString InspectPage::recommendation() const
{
    return m_advice->text();
}

void InspectPage::showCurve()
{
    m_curve->clearSeries();
    m_curve->setTitle(tr("Rank curve"));
    const auto found = m_curves.find(folder());
    m_advice->setVisible(found != m_curves.end());
    m_advice->setText(found == m_curves.end() ? QString() : found->second.sentence);
    if (found == m_curves.end())
        return;
    const RankCurveValues& curve = found->second;
    QString title =
        tr("%1 at every truncated rank, %2 examples").arg(metricName(curve.metric)).arg(curve.rows);
    title[0] = title[0].toUpper();
    m_curve->setTitle(title);
    SeriesStyle style;
    style.name = metricName(curve.metric);
    style.color = &accentColor;
    style.shape = SeriesShape::LineWithMarkers;
    style.isLabelled = false;
    const int line = m_curve->addSeries(style);
    for (const TruncatedQuality& point : curve.points) {
        const double x = rankPosition(double(point.rank));
        m_curve->append(line, x, point.quality);
        const auto interval = point.interval.value_or(std::pair(point.quality, point.quality));
        m_curve->appendInterval(line, x, interval.first, interval.second);
        if (curve.enough != point.rank)
            continue;
        SeriesStyle mark;
        mark.name = tr("this would have been enough");
        mark.color = [](const QPalette& palette) { return palette.color(QPalette::WindowText); };
        mark.shape = SeriesShape::Ring;
        m_curve->append(m_curve->addSeries(mark), x, point.quality);
    }
    if (!curve.points.empty())
        m_curve->setLevel(tr("as trained"), curve.points.back().quality);
}

} // namespace lora::ui
