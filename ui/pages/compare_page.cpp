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
    m_sentence = new QLabel(this);
    m_sentence->setWordWrap(true);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_sentence->setAccessibleName(tr("What the checked runs say about each other"));
    m_sentence->hide();
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
    m_cost->addItem(tr("against rank"), int(Cost::Rank));
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
    topLayout->addWidget(m_sentence);

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
        askForConclusion();
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
