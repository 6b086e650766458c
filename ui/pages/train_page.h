#pragma once

#include "core/config/experiment_config.h"
#include "core/train/run_outcome.h"
#include "core/train/step_metrics.h"
#include "core/train/training_observer.h"
#include "ui/run_state.h"

#include <QWidget>

#include <map>
#include <string>
#include <vector>

class QCheckBox;
class QLabel;
class QPushButton;
class QSlider;

namespace lora::ui {

class TimeSeriesPlot;

/// The run as it trains: loss, metric, learning rate, gradient norm and speed over the same steps, with one
/// cursor.
class TrainPage : public QWidget
{
    Q_OBJECT

public:
    explicit TrainPage(QWidget* parent = nullptr);

    void setRunStart(const RunStart& start, const ExperimentConfig& experiment);
    void addSteps(const std::vector<StepMetrics>& steps);
    void addEvaluation(const EvalMetrics& metrics);
    void setRunState(RunState state);
    const std::vector<TimeSeriesPlot*>& plots() const { return m_plots; }

signals:
    void checkpointRequested();
    void problem(const QString& what, const QString& hint);

private:
    std::string shownMetric() const;
    void createPlots();
    void createControls();
    void buildLayout();
    void connectSignals();
    void extendTo(double step);
    void synchronise(TimeSeriesPlot* plot);

    TimeSeriesPlot* m_loss;
    TimeSeriesPlot* m_metric;
    TimeSeriesPlot* m_rate;
    TimeSeriesPlot* m_gradient;
    TimeSeriesPlot* m_speed;
    std::vector<TimeSeriesPlot*> m_plots;
    QSlider* m_smoothing;
    QLabel* m_smoothingText;
    QCheckBox* m_logarithmic;
    QPushButton* m_fit;
    QPushButton* m_checkpoint;
    QLabel* m_latest;
    std::string m_primaryMetric;
    double m_firstStep = 0;
    double m_lastStep = 0;
};

} // namespace lora::ui
