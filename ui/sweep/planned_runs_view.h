#pragma once

#include "ui/sweep/sweep_values.h"

#include <QTableView>

class QLabel;

namespace lora::ui {

class PlannedRunsModel;

/// The table of planned runs, or in its middle why there are none.
class PlannedRunsView : public QTableView
{
    Q_OBJECT

public:
    explicit PlannedRunsView(QWidget* parent = nullptr);

    PlannedRunsModel& runs() { return *m_runs; }
    void setLines(const std::vector<SweepLine>& lines);
    /// Where no run shares anything.
    void hideSharing();
    /// Shown while there are no lines.
    void setReason(const QString& text);

private:
    PlannedRunsModel* m_runs;
    QLabel* m_reason;
};

} // namespace lora::ui
