#pragma once

#include "app/session/background_jobs.h"
#include "app/session/reproduction_task.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace lora::app {

/// Plans tests of the article's claims, makes their folders ready to be run and keeps their evidence, all in
/// the background.
class ReproductionDesk : public QObject
{
    Q_OBJECT

public:
    /// `folder`: which holds them all.
    explicit ReproductionDesk(std::filesystem::path folder, QObject* parent = nullptr);

    /// Beside a training nothing is measured; the answer says so.
    void setTraining(bool isTraining) { m_isTraining = isTraining; }
    /// A later question replaces an earlier one.
    void plan(const ui::ReproductionQuestion& question);
    /// Answered by prepared or refused.
    void begin(const ReproductionRequest& request);
    void goOn(const QString& folder);
    bool isPreparing() const { return m_isPreparing; }
    /// Emits listed later.
    void refresh();
    /// Writes the evidence of what is done; the list follows.
    void conclude(const QString& folder);

signals:
    void planned(const lora::ui::PlannedReproduction& plan);
    void prepared(const lora::app::ReproductionTask& task);
    void refused(const QString& what, const QString& hint);
    void listed(const std::vector<lora::ui::KnownReproduction>& reproductions);
    void failed(const QString& what, const QString& hint);

private:
    void prepare(std::function<ReproductionTask()> make);

    const std::filesystem::path m_folder;
    bool m_isTraining = false;
    bool m_isPreparing = false;
    std::shared_ptr<ReproductionPlanner> m_planner; ///< used on the planning lane's thread alone
    JobLane m_planning{JobLane::Policy::LatestWins};
    JobLane m_listing{JobLane::Policy::LatestWins};
    JobLane m_files{JobLane::Policy::InOrder};
};

} // namespace lora::app
