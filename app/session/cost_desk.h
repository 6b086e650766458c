#pragma once

#include "app/session/background_jobs.h"
#include "app/session/dataset_facts.h"
#include "core/cost/cost_model.h"
#include "ui/sweep/sweep_values.h"

#include <QObject>
#include <QString>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace lora::app {

/// Answers "what would this configuration cost", from the latest model and data it was told about. The
/// estimate itself takes microseconds; what it needs of this machine is measured once per model and number of
/// workers, in the background and never beside a training, which would falsify both.
class CostDesk : public QObject
{
    Q_OBJECT

public:
    explicit CostDesk(QObject* parent = nullptr);

    void setModel(const ModelSummary& model);
    void setDataset(const ExperimentConfig& experiment, const DatasetFacts& facts);
    /// Forgets model or data because they could not be read; `reason` is what is answered from now on.
    void dropModel(const QString& reason);
    void dropDataset(const QString& reason);
    void setTraining(bool isTraining);

    /// Answers at once, or as soon as what is missing arrives.
    void request(const ExperimentConfig& experiment);
    /// The same for the runs of a sweep, whose planning may take longer and is done on another thread.
    /// Problems are part of the answer; a later question replaces an earlier one.
    void planSweep(const ui::SweepQuestion& question);

signals:
    void ready(const lora::CostReport& report);
    void unavailable(const QString& reason);
    void sweepPlanned(const lora::ui::PlannedSweep& plan);

private:
    using CalibrationKey = std::pair<std::string, int>; ///< model, threads

    void answer();
    void answerRequest();
    void answerSweep();
    void sayOfSweep(quint64 ticket, const QString& reason);
    QString missing(const ExperimentConfig& wanted) const;
    WorkloadFacts factsFor(const ExperimentConfig& wanted) const;
    /// Why the machine's speed is not known yet; empty where it is.
    QString calibrateFor(const CalibrationKey& key);
    static DataConfig dataKey(const ExperimentConfig& experiment);

    std::optional<ExperimentConfig> m_wanted;
    std::optional<ModelSummary> m_model;
    QString m_modelProblem;
    std::string m_dataModel;
    TaskType m_dataTask = TaskType::SequenceClassification;
    std::optional<DataConfig> m_data;
    QString m_dataProblem;
    DatasetFacts m_facts;
    std::map<CalibrationKey, Calibration> m_calibrations;
    std::optional<CalibrationKey> m_calibrating;
    std::optional<ui::SweepQuestion> m_sweep; ///< not yet answered with a plan
    bool m_isTraining = false;
    JobLane m_lane{JobLane::Policy::LatestWins};
    JobLane m_planning{JobLane::Policy::LatestWins};
};

} // namespace lora::app
