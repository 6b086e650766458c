// How the article's claims are put to the test from the window.
#include "app/application.h"

#include "ui/main_window.h"

#include <algorithm>

namespace lora::app {

using ui::MainWindow;
using ui::RunState;

void Application::connectReproductions()
{
    connect(&m_window, &MainWindow::reproductionPlanRequested, &m_reproductions, &ReproductionDesk::plan);
    connect(&m_reproductions, &ReproductionDesk::planned, &m_window, &MainWindow::setPlannedReproduction);
    connect(&m_window, &MainWindow::reproductionRequested, this, [this](const ReproductionRequest& request) {
        if (mayPrepareReproduction())
            m_reproductions.begin(request);
    });
    connect(&m_window, &MainWindow::reproductionContinueRequested, this, [this](const QString& folder) {
        if (mayPrepareReproduction())
            m_reproductions.goOn(folder);
    });
    connect(&m_reproductions, &ReproductionDesk::prepared, this, &Application::startReproduction);
    connect(&m_reproductions, &ReproductionDesk::refused, &m_window, &MainWindow::setReproductionProblem);
    connect(&m_reproductions, &ReproductionDesk::failed, &m_window, &MainWindow::showProblem);
    connect(&m_reproductions, &ReproductionDesk::listed, &m_window, &MainWindow::setReproductions);
    connect(&m_controller, &TrainingController::stateChanged, this,
            [this](RunState state) { m_reproductions.setTraining(state != RunState::Idle); });
    // The evidence grows run by run.
    connect(&m_controller, &TrainingController::sweepAdvanced, this, [this](const ui::SweepPosition& at) {
        if (!at.reproduction.isEmpty())
            m_reproductions.refresh();
    });
    connect(&m_controller, &TrainingController::sweepEnded, this, [this](const ui::SweepOutcome& outcome) {
        if (!outcome.reproduction.isEmpty())
            m_reproductions.conclude(outcome.reproduction);
    });
    m_window.setReproductionDefaults(reproductionDefaults());
    m_reproductions.refresh();
}

bool Application::mayPrepareReproduction()
{
    if (m_controller.state() == RunState::Idle && !m_isSweepComing && !m_reproductions.isPreparing()) {
        m_window.showNotice(tr("Reading the model and the data…"));
        return true;
    }
    m_window.setReproductionProblem(tr("A training is under way."),
                                    tr("Stop it or wait until it has ended."));
    return false;
}

void Application::startReproduction(const ReproductionTask& task)
{
    const bool isLeft =
        std::ranges::any_of(task.claims, [](const SweepTask& claim) { return !claim.runs.empty(); });
    if (!isLeft)
        return m_window.setReproductionProblem(tr("Nothing is left of this test."),
                                               tr("All its runs are done."));
    if (!m_controller.startSweeps(task.claims))
        return m_window.setReproductionProblem(tr("A training is under way."),
                                               tr("The test can be continued when it has ended."));
    m_window.setReproductionBegun(task.folder);
}

} // namespace lora::app
