#pragma once

#include "app/session/background_jobs.h"
#include "core/config/experiment_config.h"
#include "core/train/training_control.h"
#include "ui/setup/measured_cost.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <atomic>
#include <memory>

namespace lora::app {

/// Measures a configuration beside full fine-tuning with real steps, one measurement at a time, which can be
/// stopped within a step. Lives on the window's thread.
class BaselineDesk : public QObject
{
    Q_OBJECT

public:
    explicit BaselineDesk(QObject* parent = nullptr);
    ~BaselineDesk() override;

    bool isBusy() const { return m_work != nullptr; }
    /// Replaces the measurement before.
    void measure(const ExperimentConfig& experiment);
    void stop();

signals:
    void progressed(qint64 done, qint64 total);
    void measured(const lora::ExperimentConfig& experiment, const lora::ui::MeasuredCost& cost);
    /// Without a result: stopped (`what` empty) or why not.
    void ended(const QString& what, const QString& hint);

private:
    struct Work
    {
        TrainingControl control;
        std::atomic<qint64> done = 0;
        std::atomic<qint64> total = 0;
    };

    void tell();

    std::shared_ptr<Work> m_work; ///< under way
    QTimer m_timer;
    JobLane m_lane{JobLane::Policy::LatestWins};
};

} // namespace lora::app
