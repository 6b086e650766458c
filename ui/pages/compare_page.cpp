#include "ui/pages/compare_page.h"

#include "ui/format/quantities.h"
#include "ui/pages/run_bars.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bar_chart.h"

#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>

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

ComparePage::ComparePage(QWidget* parent)
    : QWidget(parent)
{
    createTable();
    createCharts();
    createActions();
    buildLayout();
    connectSignals();
    setRuns({});
}

void ComparePage::createTable()
{
    m_model = new RunTableModel(this);
    m_filtered = new RunFilterModel(this);
    m_filtered->setSourceModel(m_model);
    m_view = new QTableView(this);
    m_view->setModel(m_filtered);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(RunTableModel::Started, Qt::DescendingOrder);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setShowGrid(false);
    m_view->setAlternatingRowColors(true);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setAccessibleName(tr("Runs"));
    m_view->setWordWrap(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + kGrid);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->horizontalHeader()->setSectionsMovable(true);
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_empty = new QLabel(tr("Runs appear here once one has been trained"), m_view->viewport());
    m_empty->setEnabled(false);
    auto* center = new QVBoxLayout(m_view->viewport());
    center->addWidget(m_empty, 0, Qt::AlignCenter);
    m_view->horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
}

void ComparePage::createCharts()
{
    m_curves = new TimeSeriesPlot(tr("Curves"), this);
    m_curves->setEmptyText(tr("The curves of the checked runs appear here"));
    m_curves->setSmoothing(0.8);
    m_scatter = new TimeSeriesPlot(tr("Quality against cost"), this);
    m_scatter->setEmptyText(tr("One point per checked run appears here: up is better, left is cheaper"));
    for (BarChart*& bar : m_bars) {
        bar = new BarChart(this);
        bar->setFont(smallFont(font()));
    }
}

void ComparePage::createActions()
{
    m_filter = new QLineEdit(this);
    m_filter->setPlaceholderText(tr("Filter runs"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(30 * kGrid);
    m_filter->setAccessibleName(tr("Filter runs"));
    m_refresh = new QPushButton(tr("&Refresh"), this);
    m_refresh->setToolTip(tr("Read the run folders again"));
    m_export = new QPushButton(tr("E&xport adapter…"), this);
    m_export->setToolTip(
        tr("Write the selected run's adapter in PEFT's form, read it back and compare logits"));
    m_folder = new QPushButton(tr("Open &folder"), this);
    m_folder->setToolTip(tr("Show the selected run's files"));
    m_use = new QPushButton(tr("&Use these settings"), this);
    m_use->setToolTip(tr("Bring the selected run's experiment to Setup"));
    m_metric = new QComboBox(this);
    m_metric->setAccessibleName(tr("Curve"));
    m_metric->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_xAxis = new QComboBox(this);
    m_xAxis->setAccessibleName(tr("Over"));
    m_xAxis->addItem(tr("over steps"), int(XAxis::Step));
    m_xAxis->addItem(tr("over epochs"), int(XAxis::Epoch));
    m_xAxis->addItem(tr("over time"), int(XAxis::Time));
    m_xAxis->addItem(tr("over compute"), int(XAxis::Flops));
    m_cost = new QComboBox(this);
    m_cost->setAccessibleName(tr("Cost"));
    m_cost->addItem(tr("against trainable parameters"), int(Cost::Trainable));
    m_cost->addItem(tr("against compute"), int(Cost::Compute));
    m_cost->addItem(tr("against peak memory"), int(Cost::Memory));
    m_cost->addItem(tr("against time"), int(Cost::Time));
}

void ComparePage::buildLayout()
{
    auto* toolbar = new QHBoxLayout;
    toolbar->setSpacing(kGrid);
    toolbar->addWidget(m_filter, 1);
    toolbar->addWidget(m_refresh);
    toolbar->addStretch(1);
    toolbar->addWidget(m_use);
    toolbar->addWidget(m_folder);
    toolbar->addWidget(m_export);
    auto* top = new QWidget(this);
    auto* topLayout = new QVBoxLayout(top);
    topLayout->setContentsMargins(0, 0, 0, kGrid);
    topLayout->setSpacing(kGrid);
    topLayout->addLayout(toolbar);
    topLayout->addWidget(m_view, 1);

    auto* charts = new QWidget(this);
    auto* grid = new QGridLayout(charts);
    grid->setContentsMargins(0, kGrid, 0, 0);
    grid->setHorizontalSpacing(3 * kGrid);
    grid->setVerticalSpacing(kGrid);
    auto* curveChoices = new QHBoxLayout;
    curveChoices->setSpacing(kGrid);
    curveChoices->addWidget(m_metric);
    curveChoices->addWidget(m_xAxis);
    curveChoices->addStretch(1);
    grid->addLayout(curveChoices, 0, 0);
    grid->addWidget(m_curves, 1, 0);
    grid->addWidget(m_cost, 0, 1, Qt::AlignLeft);
    grid->addWidget(m_scatter, 1, 1);
    auto* bars = new QVBoxLayout;
    bars->setSpacing(kGrid);
    for (BarChart* bar : m_bars)
        bars->addWidget(bar);
    bars->addStretch(1);
    bars->setContentsMargins(0, 0, kGrid, 0);
    auto* barArea = new QScrollArea(this);
    auto* barContent = new QWidget;
    barContent->setLayout(bars);
    barArea->setWidget(barContent);
    barArea->setWidgetResizable(true);
    barArea->setFrameShape(QFrame::NoFrame);
    barArea->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    grid->addWidget(barArea, 0, 2, 2, 1);
    grid->setColumnStretch(0, 4);
    grid->setColumnStretch(1, 3);
    grid->setColumnStretch(2, 3);
    grid->setRowStretch(1, 1);

    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->addWidget(top);
    splitter->addWidget(charts);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({24 * kGrid, 60 * kGrid});
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 2 * kGrid);
    layout->addWidget(splitter);
}

void ComparePage::connectSignals()
{
    connect(m_filter, &QLineEdit::textChanged, m_filtered, &RunFilterModel::setWords);
    connect(m_refresh, &QPushButton::clicked, this, &ComparePage::refreshRequested);
    connect(m_export, &QPushButton::clicked, this, &ComparePage::exportCurrent);
    connect(m_folder, &QPushButton::clicked, this, [this] {
        if (const auto run = currentRun())
            emit openFolderRequested(QString::fromStdString(run->folder.string()));
    });
    connect(m_use, &QPushButton::clicked, this, [this] {
        if (const auto run = currentRun())
            emit settingsRequested(run->experiment);
    });
    connect(m_model, &RunTableModel::checkedChanged, this, [this] {
        refreshMetrics();
        refreshCurves();
        refreshBars();
        refreshScatter();
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &ComparePage::refreshActions);
    connect(m_view->horizontalHeader(), &QHeaderView::customContextMenuRequested, this,
            &ComparePage::chooseColumns);
    connect(m_metric, &QComboBox::activated, this, [this] {
        refreshCurves();
        refreshScatter();
    });
    connect(m_xAxis, &QComboBox::activated, this, &ComparePage::refreshCurves);
    connect(m_cost, &QComboBox::activated, this, &ComparePage::refreshScatter);
    for (TimeSeriesPlot* plot : {m_curves, m_scatter}) {
        connect(plot, &TimeSeriesPlot::cursorMoved, plot, &TimeSeriesPlot::setCursor);
        connect(plot, &TimeSeriesPlot::problem, this, &ComparePage::problem);
    }
}

void ComparePage::setRuns(const std::vector<RunRecordPtr>& runs)
{
    const RunRecordPtr before = currentRun();
    m_model->setRuns(runs);
    m_empty->setVisible(runs.empty());
    showVaryingColumns();
    m_view->resizeColumnsToContents();
    if (m_view->columnWidth(RunTableModel::Targets) > 30 * kGrid)
        m_view->setColumnWidth(RunTableModel::Targets, 30 * kGrid);
    int row = 0;
    for (int i = 0; before && i < m_filtered->rowCount(); ++i) {
        const int source = m_filtered->mapToSource(m_filtered->index(i, 0)).row();
        if (m_model->runs()[static_cast<std::size_t>(source)]->folder == before->folder)
            row = i;
    }
    m_view->selectRow(row);
    refreshActions();
}

/// Settings all runs share are not worth a column, unless the user asked for it.
void ComparePage::showVaryingColumns()
{
    for (const int column : {RunTableModel::Model, RunTableModel::Data, RunTableModel::LearningRate,
                             RunTableModel::Epochs, RunTableModel::Seed}) {
        std::set<QString> values;
        for (int row = 0; row < m_model->rowCount(); ++row)
            values.insert(m_model->index(row, column).data().toString());
        if (!m_chosenColumns.contains(column))
            m_view->setColumnHidden(column, values.size() < 2);
    }
}

RunRecordPtr ComparePage::currentRun() const
{
    const QModelIndex current = m_filtered->mapToSource(m_view->currentIndex());
    return current.isValid() ? m_model->runs()[static_cast<std::size_t>(current.row())] : nullptr;
}

void ComparePage::refreshActions()
{
    const RunRecordPtr run = currentRun();
    const bool hasAdapter = run && run->experiment.method.type != MethodType::Full &&
                            run->summary.outcome != "running" && run->summary.outcome != "failed";
    m_export->setEnabled(hasAdapter);
    m_folder->setEnabled(run != nullptr);
    m_use->setEnabled(run != nullptr);
}

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

void ComparePage::refreshScatter()
{
    m_scatter->clearSeries();
    const auto cost = static_cast<Cost>(m_cost->currentData().toInt());
    const std::string chosen = m_metric->currentData().toString().toStdString();
    const auto runs = m_model->checkedRuns();
    const auto dashes = dashOfTargets(runs);
    m_scatter->setXLogarithmic(cost == Cost::Trainable);
    m_scatter->setXAxis(m_cost->currentText().section(u' ', 1),
                        cost == Cost::Time ? AxisFormat::Duration
                                           : (cost == Cost::Compute  ? AxisFormat::Flops
                                              : cost == Cost::Memory ? AxisFormat::Bytes
                                                                     : AxisFormat::Count));
    for (const RunRecordPtr& run : runs) {
        const RunSummary& summary = run->summary;
        const double costs[] = {double(summary.trainableParameters), summary.flops,
                                double(summary.peakMemoryBytes), summary.trainSeconds};
        const auto value = primaryResult(*run);
        const double x = costs[static_cast<std::size_t>(cost)];
        if (!value || x <= 0)
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
        m_scatter->setTitle(tr("Quality (%1) against cost").arg(metricName(summary.primaryMetric)));
    }
}

void ComparePage::chooseColumns(const QPoint& position)
{
    QMenu menu(this);
    for (int column = RunTableModel::Method; column < RunTableModel::ColumnCount; ++column) {
        QAction* action =
            menu.addAction(m_model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        action->setCheckable(true);
        action->setChecked(!m_view->isColumnHidden(column));
        connect(action, &QAction::toggled, this, [this, column](bool isShown) {
            m_chosenColumns.insert(column);
            m_view->setColumnHidden(column, !isShown);
        });
    }
    menu.exec(m_view->horizontalHeader()->mapToGlobal(position));
}

void ComparePage::exportCurrent()
{
    const RunRecordPtr run = currentRun();
    if (!run)
        return;
    const QString parent =
        QFileDialog::getExistingDirectory(this, tr("Export the adapter into a new folder in"));
    if (parent.isEmpty())
        return;
    const QString target = QDir(parent).filePath(qstr(run->id) + QStringLiteral("-adapter"));
    emit exportRequested(QString::fromStdString(run->folder.string()), target);
}

void ComparePage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        refreshBars();
}

} // namespace lora::ui
