#include "app/application.h"

#include "app/report_pdf.h"
#include "app/session/adapter_export.h"
#include "app/session/builtins.h"
#include "app/session/dataset_facts.h"
#include "app/session/run_conclusion.h"
#include "core/evidence/reproduction.h"
#include "core/io/atomic_file.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"
#include "ui/main_window.h"

#include <QDesktopServices>
#include <QFileInfo>
#include <QUrl>

#include <nlohmann/json.hpp>

namespace lora::app {

using ui::MainWindow;
using ui::RunState;

DataFolders DataFolders::standard()
{
    return {defaultRunsFolder(), dataHome() / "index.sqlite", defaultReproductionsFolder()};
}

DataFolders DataFolders::inside(const std::filesystem::path& folder)
{
    return {folder / "runs", folder / "index.sqlite", folder / "reproductions"};
}

Application::Application(MainWindow& window, DataFolders folders, RunFunction run)
    : m_window(window)
    , m_folders(std::move(folders))
    , m_controller(std::move(run))
    , m_runs(m_folders.index, m_folders.runs)
    , m_tries([this](TrainingControl::ModelJob job) { return m_controller.whilePaused(std::move(job)); })
    , m_reports(writeReportPdf)
    , m_reproductions(m_folders.reproductions)
{
    connectTraining();
    connectSweeps();
    connectQuestions();
    connectFiles();
    connectTrying();
    connectReports();
    connectReproductions();
    connectComparing();
    connectInspecting();
    connectMeasuring();
    tellBuiltins();
    findUnfinishedSweeps();
}

void Application::connectTraining()
{
    connect(&m_window, &MainWindow::startRequested, this, &Application::start);
    connect(&m_window, &MainWindow::pauseRequested, &m_controller, &TrainingController::pause);
    connect(&m_window, &MainWindow::resumeRequested, &m_controller, &TrainingController::resume);
    connect(&m_window, &MainWindow::stopRequested, &m_controller, &TrainingController::stop);
    connect(&m_window, &MainWindow::checkpointRequested, &m_controller,
            &TrainingController::requestCheckpoint);
    connect(&m_window, &MainWindow::closeRequested, this, &Application::close);

    connect(&m_controller, &TrainingController::stateChanged, &m_window, &MainWindow::setRunState);
    connect(&m_controller, &TrainingController::activityChanged, &m_window, &MainWindow::setRunActivity);
    connect(&m_controller, &TrainingController::started, &m_window, &MainWindow::setRunStart);
    connect(&m_controller, &TrainingController::stepsArrived, &m_window, &MainWindow::addStepMetrics);
    connect(&m_controller, &TrainingController::evaluationArrived, &m_window, &MainWindow::addEvalMetrics);
    connect(&m_controller, &TrainingController::evaluationProgressed, &m_window,
            &MainWindow::setEvaluationProgress);
    connect(&m_controller, &TrainingController::messageArrived, &m_window, &MainWindow::showNotice);
    connect(&m_controller, &TrainingController::ended, &m_window, &MainWindow::setRunOutcome);
    connect(&m_controller, &TrainingController::stateChanged, this, [this](RunState state) {
        m_costs.setTraining(state != RunState::Idle);
        if (state == RunState::Idle && m_isClosing)
            m_window.closeNow();
        if (state == RunState::Idle && !m_isClosing) {
            m_runs.refresh();
            findUnfinishedSweeps();
        }
    });
}

void Application::connectSweeps()
{
    connect(&m_window, &MainWindow::sweepPlanRequested, &m_costs, &CostDesk::planSweep);
    connect(&m_costs, &CostDesk::sweepPlanned, &m_window, &MainWindow::setPlannedSweep);
    connect(&m_window, &MainWindow::sweepRequested, this, [this](const ui::SweepQuestion& question) {
        startSweep([runs = m_folders.runs, question] { return newSweepTask(runs, question); });
    });
    connect(&m_window, &MainWindow::sweepContinueRequested, this, [this](const QString& folder) {
        startSweep([folder = folder.toStdString()] { return continuedSweepTask(folder); });
    });
    connect(&m_controller, &TrainingController::sweepAdvanced, &m_window, &MainWindow::setSweepPosition);
    connect(&m_controller, &TrainingController::sweepEnded, &m_window, &MainWindow::setSweepOutcome);
    // Compare grows run by run.
    connect(&m_controller, &TrainingController::sweepAdvanced, this, [this](const ui::SweepPosition& at) {
        if (at.reproduction.isEmpty())
            m_runs.refresh();
    });
}

void Application::connectQuestions()
{
    connect(&m_window, &MainWindow::modelRequested, this, &Application::readModel);
    connect(&m_window, &MainWindow::datasetRequested, this, &Application::readDataset);
    connect(&m_window, &MainWindow::costRequested, &m_costs, &CostDesk::request);
    connect(&m_window, &MainWindow::runsRefreshRequested, &m_runs, &RunLibrary::refresh);

    connect(&m_costs, &CostDesk::ready, &m_window, &MainWindow::setCostReport);
    connect(&m_costs, &CostDesk::ready, this, &Application::costShown);
    connect(&m_costs, &CostDesk::unavailable, &m_window, &MainWindow::clearCostReport);
    connect(&m_runs, &RunLibrary::loaded, &m_window, &MainWindow::setRuns);
    connect(&m_runs, &RunLibrary::loaded, this, &Application::runsShown);
    connect(&m_runs, &RunLibrary::failed, &m_window, &MainWindow::showProblem);
}

void Application::connectFiles()
{
    connect(&m_window, &MainWindow::exportRequested, this, &Application::exportRun);
    connect(&m_window, &MainWindow::openExperimentRequested, this, &Application::readExperiment);
    connect(&m_window, &MainWindow::saveExperimentRequested, this, &Application::saveExperiment);
    connect(&m_window, &MainWindow::openFolderRequested, this, [this](const QString& folder) {
        if (!QDesktopServices::openUrl(QUrl::fromLocalFile(folder)))
            m_window.showProblem(tr("No file manager answered."), folder);
    });
}

void Application::connectTrying()
{
    connect(&m_window, &MainWindow::tryModelRequested, &m_tries, &TryDesk::open);
    connect(&m_window, &MainWindow::tryAsked, &m_tries, &TryDesk::ask);
    connect(&m_window, &MainWindow::tryStopRequested, &m_tries, &TryDesk::stop);
    connect(&m_tries, &TryDesk::opened, &m_window, &MainWindow::setTryModel);
    connect(&m_tries, &TryDesk::openFailed, &m_window, &MainWindow::setTryModelProblem);
    connect(&m_tries, &TryDesk::answered, &m_window, &MainWindow::setTryAnswer);
    connect(&m_tries, &TryDesk::textArrived, &m_window, &MainWindow::addTryText);
    connect(&m_tries, &TryDesk::textEnded, &m_window, &MainWindow::setTryEnd);
    connect(&m_tries, &TryDesk::failed, &m_window, &MainWindow::setTryProblem);
    // A text written by a paused run's weights must not hold the run up.
    connect(&m_window, &MainWindow::resumeRequested, &m_tries, &TryDesk::stop);
    connect(&m_window, &MainWindow::stopRequested, &m_tries, &TryDesk::stop);
}

void Application::connectComparing()
{
    using Runs = std::vector<std::shared_ptr<const RunRecord>>;
    connect(&m_window, &MainWindow::conclusionRequested, this, [this](const Runs& runs) {
        m_conclusions.post<ui::ComparisonConclusion>(
            [runs] { return concludeFrom(runs); },
            [this](const ui::ComparisonConclusion& found) { m_window.setConclusion(found); },
            [this](const QString& what, const QString& hint) { m_window.showProblem(what, hint); });
    });
}

void Application::connectInspecting()
{
    connect(&m_window, &MainWindow::inspectRequested, &m_inspections, &InspectDesk::inspect);
    connect(&m_window, &MainWindow::overlapRequested, &m_inspections, &InspectDesk::compareDirections);
    connect(&m_inspections, &InspectDesk::directionsCompared, &m_window, &MainWindow::setOverlap);
    connect(&m_inspections, &InspectDesk::comparisonFailed, &m_window, &MainWindow::setOverlapProblem);
    connect(&m_window, &MainWindow::rankCurveRequested, &m_inspections, &InspectDesk::measureCurve);
    connect(&m_window, &MainWindow::rankCurveStopRequested, &m_inspections, &InspectDesk::stopCurve);
    connect(&m_inspections, &InspectDesk::inspected, &m_window, &MainWindow::setInspection);
    connect(&m_inspections, &InspectDesk::inspectionFailed, &m_window, &MainWindow::setInspectionProblem);
    connect(&m_inspections, &InspectDesk::curveProgressed, &m_window, &MainWindow::setRankCurveProgress);
    connect(&m_inspections, &InspectDesk::curveMeasured, &m_window, &MainWindow::setRankCurve);
    connect(&m_inspections, &InspectDesk::curveEnded, &m_window, &MainWindow::setRankCurveEnd);
}

/// A training and a measurement would falsify each other's times: never both.
void Application::connectMeasuring()
{
    connect(&m_window, &MainWindow::measureRequested, this, [this](const ExperimentConfig& experiment) {
        if (m_controller.state() == RunState::Idle)
            m_baselines.measure(experiment);
        else
            m_window.setMeasureEnd(tr("A training is under way."), tr("Stop it or wait until it has ended."));
    });
    connect(&m_window, &MainWindow::measureStopRequested, &m_baselines, &BaselineDesk::stop);
    connect(&m_controller, &TrainingController::stateChanged, &m_baselines, [this](RunState state) {
        if (state != RunState::Idle)
            m_baselines.stop();
    });
    connect(&m_baselines, &BaselineDesk::progressed, &m_window, &MainWindow::setMeasureProgress);
    connect(&m_baselines, &BaselineDesk::measured, &m_window, &MainWindow::setMeasuredCost);
    connect(&m_baselines, &BaselineDesk::ended, &m_window, &MainWindow::setMeasureEnd);
}

void Application::connectReports()
{
    connect(&m_window, &MainWindow::reportRequested, &m_reports, &ReportDesk::request);
    connect(&m_window, &MainWindow::reportSaveRequested, &m_reports, &ReportDesk::save);
    connect(&m_reports, &ReportDesk::ready, &m_window, &MainWindow::setReportPreview);
    connect(&m_reports, &ReportDesk::unavailable, &m_window, &MainWindow::setReportProblem);
    connect(&m_reports, &ReportDesk::saved, this,
            [this](const QString& file) { m_window.showNotice(tr("Saved %1").arg(file)); });
    connect(&m_reports, &ReportDesk::failed, &m_window, &MainWindow::showProblem);
}

void Application::open(const QString& path)
{
    const QFileInfo info(path);
    const std::filesystem::path folder = info.absoluteFilePath().toStdString();
    if (holdsRun(folder)) {
        readExperiment(QString::fromStdString((folder / run_files::experiment).string()));
    } else if (info.isDir() || !info.exists()) {
        ExperimentConfig experiment = m_window.experiment();
        experiment.model = info.exists() ? folder.string() : path.toStdString();
        m_window.setExperiment(experiment);
    } else {
        readExperiment(info.absoluteFilePath());
    }
}

void Application::tellBuiltins()
{
    m_files.post<Builtins>(
        [] { return builtins(); },
        [this](const Builtins& found) { m_window.setBuiltins(found.models, found.data); },
        [this](const QString& what, const QString& hint) { m_window.showProblem(what, hint); });
}

void Application::readModel(const QString& path, TaskType task)
{
    m_models.post<ModelSummary>([name = path.toStdString(), task] { return describeFor(name, task); },
                                [this](const ModelSummary& model) {
                                    m_window.setModelSummary(model);
                                    m_costs.setModel(model);
                                },
                                [this](const QString& what, const QString& hint) {
                                    m_window.setModelProblem(what, hint);
                                    m_costs.dropModel(what);
                                });
}

void Application::readDataset(const ExperimentConfig& experiment)
{
    m_datasets.post<DatasetFacts>([experiment] { return readDatasetFacts(experiment); },
                                  [this, experiment](const DatasetFacts& facts) {
                                      m_window.setDatasetPreview(facts.preview);
                                      if (facts.problem.empty())
                                          m_costs.setDataset(experiment, facts);
                                      else
                                          m_costs.dropDataset(QString::fromStdString(facts.problem));
                                  },
                                  [this](const QString& what, const QString& hint) {
                                      m_window.setDatasetProblem(what, hint);
                                      m_costs.dropDataset(what);
                                  });
}

void Application::readExperiment(const QString& file)
{
    m_files.post<ExperimentConfig>(
        [path = file.toStdString()] { return loadExperiment(path); },
        [this, file](const ExperimentConfig& experiment) { m_window.setExperiment(experiment, file); },
        [this](const QString& what, const QString& hint) { m_window.showProblem(what, hint); });
}

PrefixBudget Application::prefixBudget() const
{
    PrefixBudget budget = userBudget();
    budget.keptBytes = m_window.prefixCacheBudget().value_or(budget.keptBytes);
    return budget;
}

void Application::startSweep(std::function<SweepTask()> make)
{
    const auto refuse = [this] {
        m_window.setSweepProblem(tr("A training is under way."), tr("Stop it or wait until it has ended."));
    };
    if (m_controller.state() != RunState::Idle || m_isSweepComing || m_reproductions.isPreparing())
        return refuse();
    m_isSweepComing = true;
    m_window.showNotice(tr("Preparing the sweep…"));
    m_files.post<SweepTask>(
        std::move(make),
        [this, refuse](const SweepTask& made) {
            m_isSweepComing = false;
            SweepTask task = made;
            task.budget = prefixBudget();
            if (task.runs.empty())
                m_window.setSweepProblem(tr("Nothing is left of this sweep."), tr("All its runs are done."));
            else if (!m_controller.startSweep(std::move(task)))
                refuse();
        },
        [this](const QString& what, const QString& hint) {
            m_isSweepComing = false;
            m_window.setSweepProblem(what, hint);
        });
}

void Application::findUnfinishedSweeps()
{
    using Found = std::vector<ui::UnfinishedSweep>;
    m_unfinished.post<Found>([runs = m_folders.runs] { return unfinishedSweeps(runs); },
                             [this](const Found& found) { m_window.setUnfinishedSweeps(found); },
                             [](const QString&, const QString&) {});
}

void Application::start(const ExperimentConfig& experiment)
{
    RunRequest request;
    request.experiment = experiment;
    request.runFolder = newRunFolder(m_folders.runs, experiment);
    request.prefixCache = std::make_shared<PrefixCache>(prefixBudget());
    if (!m_controller.start(request))
        m_window.showProblem(tr("A training is under way."), tr("Stop it or wait until it has ended."));
}

void Application::exportRun(const QString& runFolder, const QString& targetFolder)
{
    m_window.showNotice(tr("Exporting and checking the adapter…"));
    m_files.post<QString>(
        [from = runFolder.toStdString(), to = targetFolder.toStdString()] { return exportAdapter(from, to); },
        [this, runFolder](const QString& check) { m_window.setExported(runFolder, check); },
        [this](const QString& what, const QString& hint) { m_window.setExportProblem(what, hint); });
}

void Application::saveExperiment(const QString& file, const ExperimentConfig& experiment)
{
    m_files.post<bool>(
        [path = file.toStdString(), experiment] {
            writeFileAtomically(path, toJson(experiment).dump(2) + "\n");
            return true;
        },
        [this, file](bool) { m_window.setExperimentSaved(file); },
        [this](const QString& what, const QString& hint) { m_window.showProblem(what, hint); });
}

void Application::close()
{
    m_isClosing = true;
    if (m_controller.state() == RunState::Idle)
        m_window.closeNow();
    else
        m_controller.stop();
}

} // namespace lora::app
