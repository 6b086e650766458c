// Reports and the test of the article's claims in the window.
#include "ui/main_window_p.h"
#include "ui/reproduce/reproduction_page.h"

#include <QApplication>
#include <QClipboard>

namespace lora::ui {

void MainWindow::Private::connectReport()
{
    QObject::connect(&compare->table(), &RunTableModel::checkedChanged, &q,
                     [this] { report->setRuns(compare->table().checkedRuns()); });
    QObject::connect(report, &ReportPage::previewRequested, &q, &MainWindow::reportRequested);
    QObject::connect(report, &ReportPage::saveRequested, &q, &MainWindow::reportSaveRequested);
    QObject::connect(report, &ReportPage::exportRequested, &q, &MainWindow::exportRequested);
    QObject::connect(report, &ReportPage::continueRequested, &q, &MainWindow::reproductionContinueRequested);
    QObject::connect(report, &ReportPage::plannerShown, &q, [this] { refreshActions(); });
    ReproductionPage* planner = &report->planner();
    QObject::connect(planner, &ReproductionPage::planRequested, &q, &MainWindow::reproductionPlanRequested);
    QObject::connect(planner, &ReproductionPage::startRequested, &q,
                     [this](const ReproductionRequest& request) {
                         messages->dismiss();
                         emit q.reproductionRequested(request);
                     });
    QObject::connect(planner, &ReproductionPage::copyCommandRequested, &q, [this](const QString& command) {
        QApplication::clipboard()->setText(command);
        q.showNotice(MainWindow::tr("The command line that makes this test is on the clipboard."));
    });
}

void MainWindow::Private::tellReproduction(const SweepOutcome& outcome)
{
    const QString progress = MainWindow::tr("%1 of %2 runs done").arg(outcome.done).arg(outcome.count);
    const bool isComplete = outcome.status == RunStatus::Completed;
    runBar->setSweepOutcome(outcome.name, isComplete ? MainWindow::tr("Test complete: %1").arg(progress)
                                                     : MainWindow::tr("Test ended: %1").arg(progress));
    report->showEvidence(outcome.reproduction);
    if (isComplete)
        q.showNotice(MainWindow::tr("The article's claims are tested. The evidence is on Report."));
    else if (outcome.status == RunStatus::Stopped)
        messages->showOffer(
            MainWindow::tr("The test of the article's claims has %1; what is done stays.").arg(progress),
            MainWindow::tr("Continue"),
            [this, folder = outcome.reproduction] { emit q.reproductionContinueRequested(folder); });
    // Nobody is torn away from another page they went to.
    if (q.page() == Page::Train)
        q.showPage(Page::Report);
}

void MainWindow::setReproductionDefaults(const ReproductionDefaults& defaults)
{
    m_d->report->planner().setDefaults(defaults);
}

void MainWindow::setPlannedReproduction(const PlannedReproduction& plan)
{
    m_d->report->planner().setPlan(plan);
}

void MainWindow::setReproductionBegun(const QString& folder)
{
    m_d->report->showEvidence(folder);
}

void MainWindow::setReproductionProblem(const QString& what, const QString& hint)
{
    m_d->report->planner().setNotStarted();
    showProblem(what, hint);
}

void MainWindow::setReproductions(const std::vector<KnownReproduction>& reproductions)
{
    m_d->report->setReproductions(reproductions);
}

void MainWindow::setReportPreview(const ReportPreview& preview)
{
    m_d->report->setPreview(preview);
}

void MainWindow::setReportProblem(const QString& what, const QString& hint)
{
    m_d->report->setProblem(what, hint);
}

void MainWindow::setExported(const QString& runFolder, const QString& check)
{
    m_d->report->setExported(runFolder, check);
    showNotice(check);
}

void MainWindow::setExportProblem(const QString& what, const QString& hint)
{
    m_d->report->setNotExported();
    showProblem(what, hint);
}

} // namespace lora::ui
