#pragma once

#include "app/session/background_jobs.h"
#include "app/session/baseline_desk.h"
#include "app/session/cost_desk.h"
#include "app/session/inspect_desk.h"
#include "app/session/report_desk.h"
#include "app/session/reproduction_desk.h"
#include "app/session/run_library.h"
#include "app/session/training_controller.h"
#include "app/session/try_desk.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <functional>

namespace lora::ui {
class MainWindow;
}

namespace lora::app {

/// Where this user's runs, their index and tests of the article's claims are.
struct DataFolders
{
    std::filesystem::path runs;
    std::filesystem::path index;
    std::filesystem::path reproductions;

    /// Those of this user.
    static DataFolders standard();
    /// All inside one folder.
    static DataFolders inside(const std::filesystem::path& folder);
};

/// Wires the window to the training and to the core: every request of the window is answered, and whatever
/// takes time is done on another thread. Lives on the window's thread, and no longer than the window.
class Application : public QObject
{
    Q_OBJECT

public:
    Application(ui::MainWindow& window, DataFolders folders, RunFunction run = runExperiment);

    TrainingController& controller() { return m_controller; }
    TryDesk& tries() { return m_tries; }
    InspectDesk& inspections() { return m_inspections; }
    ReportDesk& reports() { return m_reports; }
    ReproductionDesk& reproductions() { return m_reproductions; }
    /// Opens what a command line or a drop names: a model folder, a run folder or an experiment file.
    void open(const QString& path);

signals:
    void costShown();
    void runsShown();

private:
    void connectTraining();
    void connectSweeps();
    void connectQuestions();
    void connectFiles();
    void connectTrying();
    void connectReports();
    void connectReproductions();
    void connectComparing();
    void connectInspecting();
    void connectMeasuring();
    void readModel(const QString& path, TaskType task);
    void tellBuiltins();
    void readDataset(const ExperimentConfig& experiment);
    void readExperiment(const QString& file);
    void start(const ExperimentConfig& experiment);
    PrefixBudget prefixBudget() const;
    /// Starts what `make` returns, which runs in the background.
    void startSweep(std::function<SweepTask()> make);
    void findUnfinishedSweeps();
    /// Tells the window where not.
    bool mayPrepareReproduction();
    void startReproduction(const ReproductionTask& task);
    void exportRun(const QString& runFolder, const QString& targetFolder);
    void saveExperiment(const QString& file, const ExperimentConfig& experiment);
    void close();

    ui::MainWindow& m_window;
    const DataFolders m_folders;
    TrainingController m_controller;
    CostDesk m_costs;
    RunLibrary m_runs;
    TryDesk m_tries;
    InspectDesk m_inspections;
    BaselineDesk m_baselines;
    ReportDesk m_reports;
    ReproductionDesk m_reproductions;
    JobLane m_models{JobLane::Policy::LatestWins};
    JobLane m_datasets{JobLane::Policy::LatestWins};
    JobLane m_files{JobLane::Policy::InOrder};
    JobLane m_conclusions{JobLane::Policy::LatestWins};
    JobLane m_unfinished{JobLane::Policy::LatestWins};
    bool m_isSweepComing = false; ///< its folder is being made
    bool m_isClosing = false;
};

} // namespace lora::app
