#pragma once

#include "core/config/experiment_config.h"
#include "core/cost/cost_report.h"
#include "core/models/model_summary.h"
#include "core/runs/run_record.h"
#include "core/train/run_outcome.h"
#include "core/train/step_metrics.h"
#include "core/train/training_observer.h"
#include "ui/dataset_preview.h"
#include "ui/inspect/inspect_values.h"
#include "ui/pages/comparison_values.h"
#include "ui/report/report_values.h"
#include "ui/reproduce/reproduction_values.h"
#include "ui/run_state.h"
#include "ui/setup/measured_cost.h"
#include "ui/sweep/sweep_values.h"
#include "ui/try/try_values.h"

#include <QMainWindow>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

class QSettings;

namespace lora::ui {

/// The workbench's window: navigation between pages and nothing else. It asks by signals and is told by
/// slots, both with values only; it starts no thread, reads no data and never blocks. Every slot may be
/// called at any time, from the window's thread, and none of them emits a request for what it was just told.
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    enum class Page { Setup, Train, Compare, Inspect, Try, Report };
    Q_ENUM(Page)

    /// `settings` (window state, recent files) outlives the window. Shows the demo experiment; the first
    /// requests (model, dataset, cost, runs) are emitted once the event loop runs.
    explicit MainWindow(QSettings& settings, QWidget* parent = nullptr);
    ~MainWindow() override;

    const ExperimentConfig& experiment() const;
    /// Bytes the user gave what frozen layers compute, kept between runs; none: not chosen.
    std::optional<std::int64_t> prefixCacheBudget() const;
    RunState runState() const;
    Page page() const;

signals:
    /// A model (a folder or "builtin:…") or another task for it was chosen: answer with setModelSummary, for
    /// that task if the model can do it, or with setModelProblem.
    void modelRequested(const QString& path, lora::TaskType task);
    /// Model, task, files or columns changed: answer with setDatasetPreview or setDatasetProblem. Sent again
    /// while one is still under way; only the answer to the last one matters (DatasetPreview::source tells).
    void datasetRequested(const lora::ExperimentConfig& experiment);
    /// Anything changed that costs depend on, at most 20 times a second: answer with setCostReport or
    /// clearCostReport.
    void costRequested(const lora::ExperimentConfig& experiment);

    /// Take real steps of the experiment and of full fine-tuning: report with setMeasureProgress, then
    /// setMeasuredCost or setMeasureEnd.
    void measureRequested(const lora::ExperimentConfig& experiment);
    void measureStopRequested();

    void startRequested(const lora::ExperimentConfig& experiment);
    /// Plan and price a sweep: answer with setPlannedSweep, now or as soon as what is missing arrives.
    void sweepPlanRequested(const lora::ui::SweepQuestion& question);
    /// Make its runs: report with setSweepPosition before each and setSweepOutcome after the last, around
    /// what is reported of runs; or refuse with setSweepProblem.
    void sweepRequested(const lora::ui::SweepQuestion& question);
    /// Go on with a sweep that has runs left.
    void sweepContinueRequested(const QString& sweepFolder);
    void pauseRequested();
    void resumeRequested();
    void stopRequested();
    void checkpointRequested();
    /// The window was asked to close while training: stop the run, then call closeNow().
    void closeRequested();

    void runsRefreshRequested();
    /// What do these runs say about each other: answer with setConclusion.
    void conclusionRequested(const std::vector<std::shared_ptr<const lora::RunRecord>>& runs);
    /// Look inside a run: answer with setInspection or setInspectionProblem.
    void inspectRequested(const QString& runFolder);
    /// How far two runs learned the same directions: answer with setOverlap or setOverlapProblem.
    void overlapRequested(const QString& runFolder, const QString& otherFolder);
    /// Truncate its adapters to every rank: report with setRankCurveProgress, then setRankCurve or
    /// setRankCurveEnd.
    void rankCurveRequested(const QString& runFolder);
    void rankCurveStopRequested();
    /// Write the run's adapter in PEFT's form to a new folder; report with setExported or setExportProblem.
    void exportRequested(const QString& runFolder, const QString& targetFolder);
    /// Show a folder in the desktop's file manager.
    void openFolderRequested(const QString& folder);

    /// Open a model to try: answer with setTryModel or setTryModelProblem.
    void tryModelRequested(const lora::ui::TrySource& source);
    /// Ask it: answer with setTryAnswer (or addTryText and setTryEnd for texts) for each side asked, base
    /// first, or with setTryProblem. A later question replaces it.
    void tryAsked(const lora::ui::TryQuestion& question);
    /// End the text being written.
    void tryStopRequested();

    /// Make the report of these runs to look at: answer with setReportPreview or setReportProblem. Only the
    /// answer to the last question matters.
    void reportRequested(const lora::ui::ReportQuestion& question);
    /// Write it to a file whose ending is its form; report with showNotice or showProblem.
    void reportSaveRequested(const lora::ui::ReportQuestion& question, const QString& file);

    /// Plan and price a test of the article's claims: answer with setPlannedReproduction, now or later.
    void reproductionPlanRequested(const lora::ui::ReproductionQuestion& question);
    /// Make its runs: tell setReproductionBegun, then report as of a sweep and with setReproductions whenever
    /// there is more evidence; or refuse with setReproductionProblem.
    void reproductionRequested(const lora::ReproductionRequest& request);
    /// Go on with one that has runs left.
    void reproductionContinueRequested(const QString& folder);

    /// Read an experiment file: answer with setExperiment or showProblem.
    void openExperimentRequested(const QString& file);
    /// Write an experiment file: answer with setExperimentSaved or showProblem.
    void saveExperimentRequested(const QString& file, const lora::ExperimentConfig& experiment);

public slots:
    /// Replaces the experiment being edited (undo history starts afresh); `file` is where it was read from.
    void setExperiment(const lora::ExperimentConfig& experiment, const QString& file = {});
    void setExperimentSaved(const QString& file);

    /// Models and data sets the program brings, "builtin:…".
    void setBuiltins(const QStringList& models, const QStringList& dataSets);
    void setModelSummary(const lora::ModelSummary& model);
    void setModelProblem(const QString& what, const QString& hint);
    void setDatasetPreview(const lora::ui::DatasetPreview& preview);
    void setDatasetProblem(const QString& what, const QString& hint);
    void setCostReport(const lora::CostReport& report);
    /// `reason`: why there is no estimate, for example "the data set is still being read".
    void clearCostReport(const QString& reason);

    void setPlannedSweep(const lora::ui::PlannedSweep& plan);
    void setSweepPosition(const lora::ui::SweepPosition& position);
    /// To be told before the state becomes Idle; the next setRuns then shows its runs on Compare.
    void setSweepOutcome(const lora::ui::SweepOutcome& outcome);
    void setSweepProblem(const QString& what, const QString& hint);
    /// Those that can be gone on with, newest first.
    void setUnfinishedSweeps(const std::vector<lora::ui::UnfinishedSweep>& sweeps);

    void setRunState(lora::ui::RunState state);
    /// A sentence about what Preparing or Stopping is busy with, for example "Loading the model".
    void setRunActivity(const QString& text);
    /// A run begins: plots are emptied and labelled with `experiment`.
    void setRunStart(const lora::RunStart& start, const lora::ExperimentConfig& experiment,
                     const QString& runFolder);
    void addStepMetrics(const std::vector<lora::StepMetrics>& steps);
    void addEvalMetrics(const lora::EvalMetrics& metrics);
    void setEvaluationProgress(qint64 done, qint64 total);
    void setRunOutcome(const lora::RunOutcome& outcome);

    /// All known runs; replaces the list of Compare (checked runs stay checked).
    void setRuns(const std::vector<std::shared_ptr<const lora::RunRecord>>& runs);

    void setMeasureProgress(qint64 done, qint64 total);
    /// Dropped when the experiment has changed since.
    void setMeasuredCost(const lora::ExperimentConfig& experiment, const lora::ui::MeasuredCost& cost);
    /// Without a result: stopped (`what` empty) or why not.
    void setMeasureEnd(const QString& what, const QString& hint);

    void setInspection(const lora::ui::RunInspection& inspection);
    void setInspectionProblem(const QString& runFolder, const QString& what, const QString& hint);
    void setOverlap(const lora::ui::RunOverlap& overlap);
    void setOverlapProblem(const QString& runFolder, const QString& otherFolder, const QString& what,
                           const QString& hint);
    void setRankCurveProgress(const lora::ui::RankCurveProgress& progress);
    void setRankCurve(const lora::ui::RankCurveValues& curve);
    /// Without a curve: stopped (`what` empty) or why not.
    void setRankCurveEnd(const QString& runFolder, const QString& what, const QString& hint);

    void setConclusion(const lora::ui::ComparisonConclusion& conclusion);

    void setTryModel(const lora::ui::TryModel& model);
    void setTryModelProblem(const QString& what, const QString& hint);
    void setTryAnswer(quint64 question, lora::ui::TrySide side, const lora::ui::TryAnswer& answer);
    void addTryText(quint64 question, lora::ui::TrySide side, const QString& text);
    void setTryEnd(quint64 question, lora::ui::TrySide side, const lora::ui::TryEnd& end);
    void setTryProblem(quint64 question, const QString& what, const QString& hint);
    void setReportPreview(const lora::ui::ReportPreview& preview);
    void setReportProblem(const QString& what, const QString& hint);
    /// `check`: what was compared, and how near it came, a sentence.
    void setExported(const QString& runFolder, const QString& check);
    void setExportProblem(const QString& what, const QString& hint);

    /// What claims there are; to be told once.
    void setReproductionDefaults(const lora::ui::ReproductionDefaults& defaults);
    void setPlannedReproduction(const lora::ui::PlannedReproduction& plan);
    void setReproductionBegun(const QString& folder);
    void setReproductionProblem(const QString& what, const QString& hint);
    /// All there are, newest first.
    void setReproductions(const std::vector<lora::ui::KnownReproduction>& reproductions);

    /// Offers a model folder on the Try page and shows it.
    void tryFolder(const QString& path);

    void showPage(lora::ui::MainWindow::Page page);
    /// The message strip: a problem stays until dismissed or replaced, a notice fades out of importance after
    /// a while.
    void showProblem(const QString& what, const QString& hint);
    void showNotice(const QString& text);
    /// Closes without asking again; the answer to closeRequested.
    void closeNow();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace lora::ui
