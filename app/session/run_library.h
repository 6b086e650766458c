#pragma once

#include "app/session/background_jobs.h"
#include "core/runs/run_record.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

namespace lora::app {

/// The runs of this user, read in the background; a run that has not changed is not read again.
class RunLibrary : public QObject
{
    Q_OBJECT

public:
    RunLibrary(std::filesystem::path indexFile, std::filesystem::path runsFolder, QObject* parent = nullptr);

    /// Emits loaded or failed later.
    void refresh();

signals:
    /// Newest first.
    void loaded(const std::vector<std::shared_ptr<const lora::RunRecord>>& runs);
    void failed(const QString& what, const QString& hint);

private:
    class Shelf;

    std::shared_ptr<Shelf> m_shelf; ///< used on the lane's thread alone
    JobLane m_lane{JobLane::Policy::LatestWins};
};

} // namespace lora::app
