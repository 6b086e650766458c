#pragma once

#include "app/session/background_jobs.h"
#include "ui/inspect/inspect_values.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <atomic>
#include <memory>

namespace lora::app {

/// Opens runs to look inside and measures rank curves, each on a thread of its own. Lives on the window's
/// thread.
class InspectDesk : public QObject
{
    Q_OBJECT

public:
    explicit InspectDesk(QObject* parent = nullptr);
    ~InspectDesk() override;

    /// Replaces what was asked before.
    void inspect(const QString& runFolder);
    /// How far two LoRA runs learned the same directions. Replaces what was asked before.
    void compareDirections(const QString& runFolder, const QString& otherFolder);
    void measureCurve(const QString& runFolder);
    /// Ends the curve under way after the rank being evaluated.
    void stopCurve();

signals:
    void inspected(const lora::ui::RunInspection& inspection);
    void inspectionFailed(const QString& runFolder, const QString& what, const QString& hint);
    void directionsCompared(const lora::ui::RunOverlap& overlap);
    void comparisonFailed(const QString& runFolder, const QString& otherFolder, const QString& what,
                          const QString& hint);
    void curveProgressed(const lora::ui::RankCurveProgress& progress);
    void curveMeasured(const lora::ui::RankCurveValues& curve);
    /// Without a curve: stopped (`what` empty) or why not.
    void curveEnded(const QString& runFolder, const QString& what, const QString& hint);

private:
    struct Work
    {
        std::atomic<bool> isStopRequested = false;
        std::atomic<int> done = 0;
        std::atomic<int> total = 0;
        std::atomic<std::int64_t> rank = 0;
    };

    void tell();

    std::shared_ptr<Work> m_work; ///< the curve under way
    QTimer m_timer;
    JobLane m_spectra{JobLane::Policy::LatestWins};
    JobLane m_overlaps{JobLane::Policy::LatestWins};
    JobLane m_curves{JobLane::Policy::LatestWins};
};

} // namespace lora::app
