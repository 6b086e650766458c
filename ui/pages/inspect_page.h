#pragma once

#include "ui/inspect/inspect_values.h"
#include "ui/models/run_table_model.h"

#include <QElapsedTimer>
#include <QWidget>

#include <map>

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;

namespace lora::ui {

class MutedLabel;
class SpectrumMap;
class TimeSeriesPlot;

/// One run from inside: singular values of each module's change, effective rank on the layer map, and the
/// rank curve, the run's quality truncated to every smaller rank.
class InspectPage : public QWidget
{
    Q_OBJECT

public:
    explicit InspectPage(QWidget* parent = nullptr);

    void setRuns(const std::vector<RunRecordPtr>& runs);
    /// Answers that come too late, for a run that is no longer chosen, are kept for when it is.
    void setInspection(const RunInspection& inspection);
    void setInspectionProblem(const QString& folder, const QString& what, const QString& hint);
    void setCurveProgress(const RankCurveProgress& progress);
    void setCurve(const RankCurveValues& curve);
    /// Without a curve: stopped (`what` empty) or why not.
    void setCurveEnd(const QString& folder, const QString& what, const QString& hint);

    QString folder() const; ///< of the chosen run; empty: none
    void choose(const QString& folder);
    SpectrumMap& map() { return *m_map; }
    TimeSeriesPlot& spectrum() { return *m_spectrum; }
    TimeSeriesPlot& curve() { return *m_curve; }
    QString recommendation() const;
    QPushButton* computeButton() const { return m_compute; }

signals:
    void inspectRequested(const QString& folder);
    void curveRequested(const QString& folder);
    void curveStopRequested();
    void problem(const QString& what, const QString& hint);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    void connectSignals();
    RunRecordPtr currentRun() const;
    void askIfShown();
    void showChosen();
    void showModule(int module);
    void showCurve();
    void refreshCompute();

    std::vector<RunRecordPtr> m_runs; ///< that can be inspected, newest first
    std::map<QString, RunInspection> m_inspections;
    std::map<QString, RankCurveValues> m_curves;
    QString m_asked;    ///< folder under way
    QString m_measured; ///< folder whose curve is under way
    QElapsedTimer m_since;
    QComboBox* m_run;
    QComboBox* m_quantity;
    MutedLabel* m_note;
    SpectrumMap* m_map;
    QScrollArea* m_mapArea;
    TimeSeriesPlot* m_spectrum;
    MutedLabel* m_facts;
    TimeSeriesPlot* m_curve;
    QPushButton* m_compute;
    QPushButton* m_stop;
    QProgressBar* m_progress;
    QLabel* m_advice;
};

} // namespace lora::ui
