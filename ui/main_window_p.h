#pragma once

#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/inspect_page.h"
#include "ui/pages/report_page.h"
#include "ui/pages/setup_page.h"
#include "ui/pages/train_page.h"
#include "ui/pages/try_page.h"
#include "ui/widgets/message_strip.h"
#include "ui/widgets/nav_rail.h"
#include "ui/widgets/run_bar.h"

#include <QAction>
#include <QMenuBar>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>

#include <functional>
#include <vector>

namespace lora::ui {

/// The window's parts and how they are tied together.
class MainWindow::Private
{
public:
    Private(MainWindow& window, QSettings& store)
        : q(window)
        , settings(store)
    {}

    void createWidgets();
    void createActions();
    void buildLayout();
    void connectSignals();
    void restoreState();
    void saveState();
    void refreshActions();
    void refreshIcons();
    void addRecent(const QString& key, const QString& path);
    ExperimentEditor& editor() { return setup->editor(); }
    /// As chosen in the Run menu.
    std::optional<std::int64_t> prefixCacheBudget() const;
    void showUnfinished(const std::vector<UnfinishedSweep>& sweeps);
    void offerToContinue(const UnfinishedSweep& sweep);
    void tellReproduction(const SweepOutcome& outcome);
    void showAwaitedRuns();
    void tellOutcome(const RunOutcome& outcome);

    MainWindow& q;
    QSettings& settings;
    SetupPage* setup = nullptr;
    TrainPage* train = nullptr;
    ComparePage* compare = nullptr;
    InspectPage* inspect = nullptr;
    TryPage* tryPage = nullptr;
    ReportPage* report = nullptr;
    QStackedWidget* pages = nullptr;
    NavRail* rail = nullptr;
    RunBar* runBar = nullptr;
    MessageStrip* messages = nullptr;
    std::optional<SweepPosition> sweep; ///< while one is under way
    QStringList awaitedRuns;            ///< of the sweep just ended, to be compared
    RunState state = RunState::Idle;
    bool isClosingNow = false;

private:
    void createFileMenu();
    void createEditMenu();
    void createRunMenu();
    void createCacheMenu(QMenu& run);
    void createViewMenu();
    QAction* add(QMenu* menu, const QString& text, const QKeySequence& shortcut, std::function<void()> action,
                 const QString& icon = {});
    void connectReport();
    void applyAppearance(const QString& appearance);
    void start();
    void planSweep();
    void copySweepCommand(const QStringList& options);
    void open();
    void save(bool asksForFile);
    void copyCommand();
    void requestChanged();
    void refreshTitle();

    QAction* m_start = nullptr;
    QAction* m_pause = nullptr;
    QAction* m_stop = nullptr;
    QAction* m_checkpoint = nullptr;
    QMenu* m_continue = nullptr;
    bool m_wasOfferMade = false;
    QTimer* m_costTimer = nullptr;
    QPalette m_systemPalette;
    std::vector<std::pair<QAction*, QString>> m_icons;
    std::optional<ExperimentConfig> m_asked; ///< as of the last requests for model and data
};

} // namespace lora::ui
