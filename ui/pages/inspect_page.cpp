#include "ui/pages/inspect_page.h"

#include "ui/format/quantities.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/inspect/spectrum_map.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"

#include <QComboBox>
#include <QLabel>
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
    m_quantity->addItem(tr("directions shared with"), int(SpectrumMap::Quantity::SharedDirections));
    m_quantity->setItemData(1, tr("‖ΔW‖ / ‖W‖: how far a weight moved"), Qt::ToolTipRole);
    m_quantity->setItemData(2,
                            tr("φ(1, 1): how far the strongest direction of a change is the other run's too, "
                               "1 for the same direction (LoRA paper, section 7.2)"),
                            Qt::ToolTipRole);
    m_quantity->setToolTip(m_quantity->itemData(0, Qt::ToolTipRole).toString());
    m_other = new QComboBox(this);
    m_other->setAccessibleName(tr("Run whose directions are compared"));
    m_other->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_other->setMinimumContentsLength(16);
    m_other->hide();
    m_note = new MutedLabel({}, this);
    m_map = new SpectrumMap(this);
    m_spectrum = new TimeSeriesPlot(tr("Singular values"), this);
    m_spectrum->setEmptyText(tr("The singular values of the chosen module's change appear here"));
    m_spectrum->setXAxis(tr("direction"), AxisFormat::Index);
    m_spectrum->setKeepsZero(true);
    m_facts = new MutedLabel({}, this);
    m_curve = new RankCurvePane(this);
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
    mapHeading->addWidget(m_other);
    leftLayout->addLayout(mapHeading);
    m_mapArea = new QScrollArea(this);
    m_mapArea->setWidget(m_map);
    m_mapArea->setWidgetResizable(true);
    m_mapArea->setFrameShape(QFrame::NoFrame);
    leftLayout->addWidget(m_mapArea, 3);
    leftLayout->addSpacing(kGrid);
    leftLayout->addWidget(m_spectrum, 2);
    leftLayout->addWidget(m_facts);

    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(left);
    splitter->addWidget(m_curve);
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
        showOverlap();
    });
    connect(m_other, &QComboBox::currentIndexChanged, this, &InspectPage::showOverlap);
    connect(m_map, &SpectrumMap::currentChanged, this, &InspectPage::showModule);
    connect(m_curve, &RankCurvePane::problem, this, &InspectPage::problem);
    connect(m_spectrum, &TimeSeriesPlot::cursorMoved, m_spectrum, &TimeSeriesPlot::setCursor);
    connect(m_spectrum, &TimeSeriesPlot::problem, this, &InspectPage::problem);
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
    else
        showOverlap();
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
    askForOverlap();
}

/// Opening a run takes its model into memory: only when somebody looks.
void InspectPage::askIfShown()
{
    const QString wanted = folder();
    if (!isVisible() || wanted.isEmpty() || m_inspections.contains(wanted) || m_asked == wanted)
        return;
    m_asked = wanted;
    showNote();
    QTimer::singleShot(0, this, [this, wanted] { emit inspectRequested(wanted); });
}

bool InspectPage::isComparing() const
{
    return m_quantity->currentData().toInt() == int(SpectrumMap::Quantity::SharedDirections);
}

/// Runs with adapters for the same model.
void InspectPage::offerOthers()
{
    const QSignalBlocker blocker(m_other);
    const QString before = m_other->currentData().toString();
    m_other->clear();
    const RunRecordPtr chosen = currentRun();
    for (const RunRecordPtr& run : m_runs)
        if (chosen && run != chosen && run->experiment.method.type == MethodType::Lora &&
            chosen->experiment.method.type == MethodType::Lora &&
            run->experiment.model == chosen->experiment.model)
            m_other->addItem(titleOf(*run), folderOf(*run));
    m_other->setCurrentIndex(m_other->count() == 0 ? -1 : std::max(0, m_other->findData(before)));
    m_other->setVisible(isComparing() && m_other->count() > 0);
}

void InspectPage::askForOverlap()
{
    const Pair wanted{folder(), m_other->currentData().toString()};
    if (!isComparing() || !isVisible() || wanted.first.isEmpty() || wanted.second.isEmpty() ||
        m_overlaps.contains(wanted) || m_compared == wanted)
        return;
    m_compared = wanted;
    QTimer::singleShot(0, this, [this, wanted] { emit overlapRequested(wanted.first, wanted.second); });
}

QString InspectPage::overlapNote() const
{
    const auto found = m_overlaps.find({folder(), m_other->currentData().toString()});
    if (m_other->count() == 0)
        return tr("Directions can be compared between two LoRA runs of one model; there is no other.");
    if (found == m_overlaps.end())
        return tr("Comparing the directions of both runs…");
    double shared = 0, byChance = 0;
    for (const SharedDirections& module : found->second.modules) {
        shared += module.leading;
        byChance += module.leadingByChance;
    }
    const auto count = static_cast<double>(found->second.modules.size());
    return tr("The strongest direction is shared by %1 on average (by chance %2), %3 modules")
        .arg(qNumber(shared / count, 2), qNumber(byChance / count, 2))
        .arg(found->second.modules.size());
}

void InspectPage::showNote()
{
    const auto found = m_inspections.find(folder());
    if (m_runs.empty())
        return m_note->setText(tr("Runs appear here once one has been trained."));
    if (found == m_inspections.end())
        return m_note->setText(m_asked.isEmpty() ? QString()
                                                 : tr("Opening the run and taking its changes apart…"));
    if (isComparing())
        return m_note->setText(overlapNote());
    const auto& modules = found->second.modules;
    const auto changed = std::ranges::count_if(modules, &InspectedModule::isChanged);
    m_note->setText(tr("%1 of %2 linear modules changed").arg(changed).arg(modules.size()));
}

void InspectPage::showChosen()
{
    const auto found = m_inspections.find(folder());
    m_map->setModules(found == m_inspections.end() ? std::vector<InspectedModule>() : found->second.modules);
    // Deep models scroll; of others the spectrum takes the room that is left.
    m_mapArea->setMaximumHeight(m_map->sizeHint().height() + kGrid);
    showOverlap();
    m_curve->setRun(currentRun());
    askIfShown();
}

void InspectPage::showOverlap()
{
    offerOthers();
    const auto found = m_overlaps.find({folder(), m_other->currentData().toString()});
    m_map->setShared(found == m_overlaps.end() ? std::vector<SharedDirections>() : found->second.modules);
    showModule(m_map->current());
    showNote();
    askForOverlap();
}

void InspectPage::setOverlap(const RunOverlap& overlap)
{
    m_overlaps[{overlap.folder, overlap.other}] = overlap;
    if (m_compared == Pair{overlap.folder, overlap.other})
        m_compared = {};
    if (overlap.folder == folder() && overlap.other == m_other->currentData().toString())
        showOverlap();
}

void InspectPage::setOverlapProblem(const QString& folder, const QString& other, const QString& what,
                                    const QString& hint)
{
    if (m_compared == Pair{folder, other})
        m_compared = {};
    if (folder == this->folder() && other == m_other->currentData().toString() && isComparing())
        m_note->setText(hint.isEmpty() ? what : tr("%1 %2").arg(what, hint), MutedLabel::Tone::Problem);
}

QString InspectPage::note() const
{
    return m_note->text();
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

} // namespace lora::ui
