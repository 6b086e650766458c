#pragma once

#include "ui/inspect/inspect_values.h"
#include "ui/models/run_table_model.h"

#include <QWidget>

#include <map>
#include <utility>

class QComboBox;
class QScrollArea;

namespace lora::ui {

class MutedLabel;
class RankCurvePane;
class SpectrumMap;
class TimeSeriesPlot;

/// One run from inside: singular values of each module's change; on the layer map how many directions it
/// uses, how large it is, or how far another run learned the same directions; and the rank curve.
class InspectPage : public QWidget
{
    Q_OBJECT

public:
    explicit InspectPage(QWidget* parent = nullptr);

    void setRuns(const std::vector<RunRecordPtr>& runs);
    /// Answers that come too late, for a run that is no longer chosen, are kept for when it is.
    void setInspection(const RunInspection& inspection);
    void setInspectionProblem(const QString& folder, const QString& what, const QString& hint);
    void setOverlap(const RunOverlap& overlap);
    void setOverlapProblem(const QString& folder, const QString& other, const QString& what,
                           const QString& hint);

    QString folder() const; ///< of the chosen run; empty: none
    void choose(const QString& folder);
    SpectrumMap& map() { return *m_map; }
    TimeSeriesPlot& spectrum() { return *m_spectrum; }
    RankCurvePane& curve() { return *m_curve; }
    QComboBox& quantity() { return *m_quantity; }
    QComboBox& otherRun() { return *m_other; } ///< whose directions are compared
    QString note() const;

signals:
    void inspectRequested(const QString& folder);
    void overlapRequested(const QString& folder, const QString& other);
    void problem(const QString& what, const QString& hint);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    void connectSignals();
    RunRecordPtr currentRun() const;
    void askIfShown();
    void askForOverlap();
    void showChosen();
    void showOverlap();
    void showNote();
    void showModule(int module);
    void offerOthers();
    bool isComparing() const;
    QString overlapNote() const;

    std::vector<RunRecordPtr> m_runs; ///< that can be inspected, newest first
    std::map<QString, RunInspection> m_inspections;
    using Pair = std::pair<QString, QString>; ///< a run's folder, another's
    std::map<Pair, RunOverlap> m_overlaps;
    QString m_asked; ///< folder under way
    Pair m_compared; ///< under way
    QComboBox* m_run;
    QComboBox* m_quantity;
    QComboBox* m_other;
    MutedLabel* m_note;
    SpectrumMap* m_map;
    QScrollArea* m_mapArea;
    TimeSeriesPlot* m_spectrum;
    MutedLabel* m_facts;
    RankCurvePane* m_curve;
};

} // namespace lora::ui
