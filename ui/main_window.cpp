#include "ui/main_window.h"

#include "ui/command_line.h"
#include "ui/demo_experiment.h"
#include "ui/format/quantities.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/main_window_p.h"
#include "ui/setup/cost_panel.h"
#include "ui/setup/dataset_card.h"
#include "ui/setup/model_card.h"
#include "ui/sweep/sweep_page.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QTimer>

namespace lora::ui {

MainWindow::MainWindow(QSettings& settings, QWidget* parent)
    : QMainWindow(parent)
    , m_d(std::make_unique<Private>(*this, settings))
{
    setWindowTitle(tr("LoRA Workbench"));
    setAcceptDrops(true);
    m_d->createWidgets();
    m_d->createActions();
    m_d->buildLayout();
    m_d->connectSignals();
    m_d->restoreState();
    m_d->editor().reset(demoExperiment(), {});
    showPage(Page::Setup);
    QTimer::singleShot(0, this, &MainWindow::runsRefreshRequested);
}

MainWindow::~MainWindow()
{
    // The undo stack announces its own end, after the actions it would update are gone.
    m_d->editor().undoStack().disconnect(this);
    m_d->editor().disconnect(this);
}

const ExperimentConfig& MainWindow::experiment() const
{
    return m_d->editor().experiment();
}

RunState MainWindow::runState() const
{
    return m_d->state;
}

MainWindow::Page MainWindow::page() const
{
    return static_cast<Page>(m_d->pages->currentIndex());
}

void MainWindow::setExperiment(const ExperimentConfig& experiment, const QString& file)
{
    m_d->setup->showSweep(false);
    m_d->editor().reset(experiment, file);
    if (!file.isEmpty())
        showNotice(tr("Opened %1").arg(file));
}

void MainWindow::setExperimentSaved(const QString& file)
{
    m_d->editor().markSaved(file);
    showNotice(tr("Saved %1").arg(file));
}

void MainWindow::setBuiltins(const QStringList& models, const QStringList& dataSets)
{
    m_d->setup->setBuiltins(models, dataSets);
    m_d->tryPage->setBuiltins(models);
}

void MainWindow::setModelSummary(const ModelSummary& model)
{
    if (model.path != experiment().model)
        return; // the answer to an earlier question
    m_d->setup->setModelSummary(model);
    if (!model.path.starts_with("builtin:"))
        m_d->addRecent(QStringLiteral("recent/models"), qstr(model.path));
}

void MainWindow::setModelProblem(const QString& what, const QString& hint)
{
    m_d->setup->setModelProblem(what, hint);
    m_d->setup->costPanel().clearReport(tr("No estimate without a model."));
}

void MainWindow::setDatasetPreview(const DatasetPreview& preview)
{
    if (preview.source != experiment().data.train)
        return;
    m_d->setup->setDatasetPreview(preview);
    if (!preview.source.starts_with("builtin:"))
        m_d->addRecent(QStringLiteral("recent/data"), qstr(preview.source));
}

void MainWindow::setDatasetProblem(const QString& what, const QString& hint)
{
    m_d->setup->setDatasetProblem(what, hint);
    m_d->setup->costPanel().clearReport(tr("No estimate without data."));
}

void MainWindow::setCostReport(const CostReport& report)
{
    m_d->setup->costPanel().setReport(report);
}

void MainWindow::clearCostReport(const QString& reason)
{
    m_d->setup->costPanel().clearReport(reason);
}

void MainWindow::setPlannedSweep(const PlannedSweep& plan)
{
    m_d->setup->sweepPage().setPlan(plan);
}

void MainWindow::setSweepPosition(const SweepPosition& position)
{
    m_d->sweep = position;
    const QString run = tr("run %1 of %2").arg(position.run).arg(position.count);
    m_d->runBar->setSweep(position.title.isEmpty() ? run : tr("%1, %2").arg(position.title, run));
    if (!position.reproduction.isEmpty())
        m_d->report->setPosition(position);
}

void MainWindow::setSweepOutcome(const SweepOutcome& outcome)
{
    m_d->sweep.reset();
    m_d->report->setPosition({});
    if (!outcome.reproduction.isEmpty())
        return m_d->tellReproduction(outcome);
    const bool isComplete = outcome.status == RunStatus::Completed;
    const QString progress = tr("%1 of %2 runs done").arg(outcome.done).arg(outcome.count);
    m_d->runBar->setSweepOutcome(outcome.name, isComplete ? tr("Sweep complete: %1").arg(progress)
                                                          : tr("Sweep ended: %1").arg(progress));
    if (isComplete) {
        m_d->awaitedRuns = outcome.runFolders;
        if (outcome.diverged > 0)
            showNotice(tr("The sweep is complete; %1 of its runs diverged.").arg(outcome.diverged));
        else
            showNotice(tr("The sweep is complete. Its %1 runs are checked on Compare.").arg(outcome.count));
    } else if (outcome.status == RunStatus::Stopped) {
        m_d->offerToContinue({outcome.name, outcome.folder, outcome.done, outcome.count});
    }
}

void MainWindow::setSweepProblem(const QString& what, const QString& hint)
{
    m_d->setup->sweepPage().setNotStarted();
    showProblem(what, hint);
}

void MainWindow::setUnfinishedSweeps(const std::vector<UnfinishedSweep>& sweeps)
{
    m_d->showUnfinished(sweeps);
}

void MainWindow::setRunState(RunState state)
{
    const bool isStarting = m_d->state == RunState::Idle && state == RunState::Preparing;
    m_d->state = state;
    m_d->runBar->setState(state);
    m_d->train->setRunState(state);
    m_d->tryPage->setRunState(state);
    m_d->setup->costPanel().setRunState(state);
    m_d->setup->sweepPage().setRunState(state);
    m_d->report->setRunState(state);
    m_d->refreshActions();
    if (isStarting)
        showPage(Page::Train);
}

void MainWindow::setRunActivity(const QString& text)
{
    m_d->runBar->setActivity(text);
}

void MainWindow::setRunStart(const RunStart& start, const ExperimentConfig& experiment,
                             const QString& runFolder)
{
    const QString name = experiment.name.empty() ? QFileInfo(runFolder).fileName() : qstr(experiment.name);
    m_d->runBar->setRun(start, name);
    m_d->runBar->setToolTip(runFolder);
    m_d->train->setRunStart(start, experiment);
    m_d->tryPage->setRunStart(name, runFolder);
}

void MainWindow::addStepMetrics(const std::vector<StepMetrics>& steps)
{
    m_d->runBar->addSteps(steps);
    m_d->train->addSteps(steps);
}

void MainWindow::addEvalMetrics(const EvalMetrics& metrics)
{
    m_d->train->addEvaluation(metrics);
}

std::optional<std::int64_t> MainWindow::prefixCacheBudget() const
{
    return m_d->prefixCacheBudget();
}

void MainWindow::setEvaluationProgress(qint64 done, qint64 total)
{
    m_d->runBar->setEvaluationProgress(done, total);
}

void MainWindow::setRunOutcome(const RunOutcome& outcome)
{
    m_d->runBar->setOutcome(outcome);
    m_d->tellOutcome(outcome);
}

void MainWindow::setRuns(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    m_d->compare->setRuns(runs);
    m_d->inspect->setRuns(runs);
    m_d->tryPage->setRuns(runs);
    if (!m_d->awaitedRuns.isEmpty())
        m_d->showAwaitedRuns();
}

void MainWindow::setMeasureProgress(qint64 done, qint64 total)
{
    m_d->setup->costPanel().setMeasureProgress(done, total);
}

void MainWindow::setMeasuredCost(const ExperimentConfig& experiment, const MeasuredCost& cost)
{
    m_d->setup->costPanel().setMeasured(experiment, cost);
}

void MainWindow::setMeasureEnd(const QString& what, const QString& hint)
{
    m_d->setup->costPanel().setMeasureEnd();
    if (!what.isEmpty())
        showProblem(what, hint);
}

void MainWindow::setInspection(const RunInspection& inspection)
{
    m_d->inspect->setInspection(inspection);
}

void MainWindow::setInspectionProblem(const QString& runFolder, const QString& what, const QString& hint)
{
    m_d->inspect->setInspectionProblem(runFolder, what, hint);
}

void MainWindow::setOverlap(const RunOverlap& overlap)
{
    m_d->inspect->setOverlap(overlap);
}

void MainWindow::setOverlapProblem(const QString& runFolder, const QString& otherFolder, const QString& what,
                                   const QString& hint)
{
    m_d->inspect->setOverlapProblem(runFolder, otherFolder, what, hint);
}

void MainWindow::setRankCurveProgress(const RankCurveProgress& progress)
{
    m_d->inspect->curve().setProgress(progress);
}

void MainWindow::setRankCurve(const RankCurveValues& curve)
{
    m_d->inspect->curve().setCurve(curve);
}

void MainWindow::setRankCurveEnd(const QString& runFolder, const QString& what, const QString& hint)
{
    m_d->inspect->curve().setEnd(runFolder, what, hint);
}

void MainWindow::setConclusion(const ComparisonConclusion& conclusion)
{
    m_d->compare->setConclusion(conclusion);
}

void MainWindow::setTryModel(const TryModel& model)
{
    m_d->tryPage->setModel(model);
}

void MainWindow::setTryModelProblem(const QString& what, const QString& hint)
{
    m_d->tryPage->setModelProblem(what, hint);
}

void MainWindow::setTryAnswer(quint64 question, TrySide side, const TryAnswer& answer)
{
    m_d->tryPage->setAnswer(question, side, answer);
}

void MainWindow::addTryText(quint64 question, TrySide side, const QString& text)
{
    m_d->tryPage->addText(question, side, text);
}

void MainWindow::setTryEnd(quint64 question, TrySide side, const TryEnd& end)
{
    m_d->tryPage->setEnd(question, side, end);
}

void MainWindow::setTryProblem(quint64 question, const QString& what, const QString& hint)
{
    m_d->tryPage->setProblem(question, what, hint);
}

void MainWindow::tryFolder(const QString& path)
{
    m_d->tryPage->openFolder(path);
    showPage(Page::Try);
}

void MainWindow::showPage(Page page)
{
    m_d->pages->setCurrentIndex(static_cast<int>(page));
    m_d->rail->setCurrent(static_cast<int>(page));
}

void MainWindow::showProblem(const QString& what, const QString& hint)
{
    m_d->messages->showProblem(what, hint);
}

void MainWindow::showNotice(const QString& text)
{
    m_d->messages->showNotice(text);
}

void MainWindow::closeNow()
{
    m_d->isClosingNow = true;
    close();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_d->saveState();
    if (m_d->state == RunState::Idle || m_d->isClosingNow)
        return event->accept();
    event->ignore();
    showNotice(tr("Finishing the step and writing the checkpoint before closing…"));
    emit closeRequested();
}

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_d)
        m_d->refreshIcons();
}

namespace {

bool isDataFile(const QFileInfo& file)
{
    static const QStringList suffixes{QStringLiteral("csv"), QStringLiteral("tsv"), QStringLiteral("jsonl"),
                                      QStringLiteral("txt")};
    return file.isFile() && suffixes.contains(file.suffix().toLower());
}

} // namespace

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().first().isLocalFile())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    const QFileInfo file(event->mimeData()->urls().first().toLocalFile());
    event->acceptProposedAction();
    const std::string path = file.absoluteFilePath().toStdString();
    if (file.isDir() && page() == Page::Try)
        return m_d->tryPage->openFolder(file.absoluteFilePath());
    if (file.isDir()) {
        m_d->editor().edit(tr("Choose model"), [&](ExperimentConfig& e) { e.model = path; });
    } else if (file.suffix().toLower() == QStringLiteral("json")) {
        emit openExperimentRequested(file.absoluteFilePath());
    } else if (isDataFile(file)) {
        m_d->editor().edit(tr("Choose data"), [&](ExperimentConfig& e) {
            e.data.train = path;
            e.data.columns = {};
            e.data.eval.reset();
        });
    } else {
        return showProblem(
            tr("%1 is neither a model folder nor a data file.").arg(file.fileName()),
            tr("Drop a Hugging Face folder, a CSV, TSV or JSONL file, or an experiment file."));
    }
    m_d->setup->showSweep(false);
    showPage(Page::Setup);
}

} // namespace lora::ui
