#include "app/session/reproduction_desk.h"

#include <utility>

namespace lora::app {

ReproductionDesk::ReproductionDesk(std::filesystem::path folder, QObject* parent)
    : QObject(parent)
    , m_folder(std::move(folder))
    , m_planner(std::make_shared<ReproductionPlanner>())
{}

void ReproductionDesk::plan(const ui::ReproductionQuestion& question)
{
    ui::PlannedReproduction none;
    none.ticket = question.ticket;
    if (m_isTraining) {
        m_planning.cancel();
        none.reason = tr("The runs are planned when the running training has ended.");
        emit planned(none);
        return;
    }
    m_planning.post<ui::PlannedReproduction>(
        [planner = m_planner, question] { return planner->plan(question); },
        [this](const ui::PlannedReproduction& plan) { emit planned(plan); },
        [this, none](const QString& what, const QString&) mutable {
            none.reason = what;
            emit planned(none);
        });
}

void ReproductionDesk::begin(const ReproductionRequest& request)
{
    prepare([parent = m_folder, request] { return newReproductionTask(parent, request); });
}

void ReproductionDesk::goOn(const QString& folder)
{
    prepare([folder = folder.toStdString()] { return continuedReproductionTask(folder); });
}

void ReproductionDesk::prepare(std::function<ReproductionTask()> make)
{
    m_isPreparing = true;
    m_files.post<ReproductionTask>(
        std::move(make),
        [this](const ReproductionTask& task) {
            m_isPreparing = false;
            emit prepared(task);
        },
        [this](const QString& what, const QString& hint) {
            m_isPreparing = false;
            emit refused(what, hint);
        });
}

void ReproductionDesk::refresh()
{
    using Known = std::vector<ui::KnownReproduction>;
    m_listing.post<Known>([folder = m_folder] { return knownReproductions(folder); },
                          [this](const Known& known) { emit listed(known); },
                          [](const QString&, const QString&) {});
}

void ReproductionDesk::conclude(const QString& folder)
{
    m_files.post<bool>(
        [folder = folder.toStdString()] {
            concludeReproduction(folder);
            return true;
        },
        [this](bool) { refresh(); },
        [this](const QString& what, const QString& hint) { emit failed(what, hint); });
}

} // namespace lora::app
