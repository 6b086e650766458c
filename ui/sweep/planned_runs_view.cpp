#include "ui/sweep/planned_runs_view.h"

#include "ui/models/planned_runs_model.h"
#include "ui/theme/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace lora::ui {

namespace {

constexpr int kLabelWidth = 28 * kGrid; ///< at least

} // namespace

PlannedRunsView::PlannedRunsView(QWidget* parent)
    : QTableView(parent)
    , m_runs(new PlannedRunsModel(this))
    , m_reason(new QLabel(this))
{
    setModel(m_runs);
    setShowGrid(false);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setTabKeyNavigation(false);
    setWordWrap(false);
    setAccessibleName(tr("Planned runs"));
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(true);
    m_reason->setAlignment(Qt::AlignCenter);
    m_reason->setWordWrap(true);
    m_reason->setTextFormat(Qt::PlainText);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4 * kGrid, 4 * kGrid, 4 * kGrid, 4 * kGrid);
    layout->addWidget(m_reason);
}

void PlannedRunsView::setLines(const std::vector<SweepLine>& lines)
{
    m_runs->setLines(lines);
    for (int column = 0; column < PlannedRunsModel::Shares; ++column) {
        resizeColumnToContents(column);
        const int atLeast = column == PlannedRunsModel::Label ? kLabelWidth : 0;
        setColumnWidth(column, std::max(atLeast, columnWidth(column) + 2 * kGrid));
    }
    m_reason->setVisible(lines.empty());
}

void PlannedRunsView::hideSharing()
{
    setColumnHidden(PlannedRunsModel::Shares, true);
    horizontalHeader()->setStretchLastSection(false); // which would be of numbers
    horizontalHeader()->setSectionResizeMode(PlannedRunsModel::Label, QHeaderView::Stretch);
}

void PlannedRunsView::setReason(const QString& text)
{
    m_reason->setText(text);
    m_reason->setVisible(m_runs->lines().empty());
}

} // namespace lora::ui
