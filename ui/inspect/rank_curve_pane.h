#pragma once

#include "ui/inspect/inspect_values.h"
#include "ui/models/run_table_model.h"

#include <QElapsedTimer>
#include <QWidget>

#include <map>

class QLabel;
class QProgressBar;
class QPushButton;

namespace lora::ui {

class TimeSeriesPlot;

/// The rank curve of a run, its quality truncated to every smaller rank, and which rank would have been
/// enough: computed when asked for, kept while the window is open.
class RankCurvePane : public QWidget
{
    Q_OBJECT

public:
    explicit RankCurvePane(QWidget* parent = nullptr);

    /// Null: none.
    void setRun(const RunRecordPtr& run);
    void setProgress(const RankCurveProgress& progress);
    void setCurve(const RankCurveValues& curve);
    /// Without a curve: stopped (`what` empty) or why not.
    void setEnd(const QString& folder, const QString& what, const QString& hint);

    TimeSeriesPlot& plot() { return *m_plot; }
    QString recommendation() const;
    QPushButton* computeButton() const { return m_compute; }

signals:
    void curveRequested(const QString& folder);
    void stopRequested();
    void problem(const QString& what, const QString& hint);

private:
    QString folder() const; ///< of the run; empty: none
    void createWidgets();
    void connectSignals();
    void showCurve();
    void refreshActions();

    RunRecordPtr m_run;
    std::map<QString, RankCurveValues> m_curves; ///< by folder
    QString m_measured;                          ///< folder whose curve is under way
    QElapsedTimer m_since;
    TimeSeriesPlot* m_plot;
    QLabel* m_advice;
    QPushButton* m_compute;
    QProgressBar* m_progress;
    QPushButton* m_stop;
};

} // namespace lora::ui
