// How the window's parts are made and tied together; what it is told and asks is in main_window.cpp.
#include "ui/main_window_p.h"

#include "ui/command_line.h"
#include "ui/format/quantities.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/reproduce/reproduction_page.h"
#include "ui/setup/cost_panel.h"
#include "ui/setup/dataset_card.h"
#include "ui/setup/model_card.h"
#include "ui/sweep/sweep_form.h"
#include "ui/sweep/sweep_page.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QVBoxLayout>

// Resources of a static library register themselves only when asked to, and the macro has to stand outside
// namespaces.
static void registerIcons()
{
    Q_INIT_RESOURCE(icons);
}

namespace lora::ui {

namespace {

constexpr int kCostDelayMs = 50;
constexpr int kRecentKept = 8;

} // namespace

void MainWindow::Private::createWidgets()
{
    registerIcons();
    m_systemPalette = QApplication::palette();
    applyAppearance(settings.value(QStringLiteral("window/appearance")).toString());
    setup = new SetupPage(&q);
    train = new TrainPage(&q);
    compare = new ComparePage(&q);
    inspect = new InspectPage(&q);
    tryPage = new TryPage(&q);
    report = new ReportPage(&q);
    pages = new QStackedWidget(&q);
    rail = new NavRail(&q);
    runBar = new RunBar(&q);
    messages = new MessageStrip(&q);
    m_costTimer = new QTimer(&q);
    m_costTimer->setSingleShot(true);
    m_costTimer->setInterval(kCostDelayMs);
}

void MainWindow::Private::applyAppearance(const QString& appearance)
{
    if (appearance == QStringLiteral("light"))
        QApplication::setPalette(lightPalette());
    else if (appearance == QStringLiteral("dark"))
        QApplication::setPalette(darkPalette());
    else
        QApplication::setPalette(m_systemPalette);
}

void MainWindow::Private::buildLayout()
{
    pages->addWidget(setup);
    pages->addWidget(train);
    pages->addWidget(compare);
    pages->addWidget(inspect);
    pages->addWidget(tryPage);
    pages->addWidget(report);
    auto* center = new QWidget(&q);
    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    right->addWidget(runBar);
    right->addWidget(pages, 1);
    right->addWidget(messages);
    auto* layout = new QHBoxLayout(center);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(rail);
    layout->addLayout(right, 1);
    q.setCentralWidget(center);
}

void MainWindow::Private::connectSignals()
{
    QObject::connect(rail, &NavRail::pageChosen, &q,
                     [this](int index) { q.showPage(static_cast<Page>(index)); });
    QObject::connect(&editor(), &ExperimentEditor::changed, &q, [this] { requestChanged(); });
    QObject::connect(&editor(), &ExperimentEditor::issuesChanged, &q, [this] { refreshActions(); });
    QObject::connect(&editor(), &ExperimentEditor::fileChanged, &q, [this] { refreshTitle(); });
    QObject::connect(&editor().undoStack(), &QUndoStack::cleanChanged, &q, [this] { refreshTitle(); });
    QObject::connect(m_costTimer, &QTimer::timeout, &q,
                     [this] { emit q.costRequested(editor().experiment()); });
    QObject::connect(setup, &SetupPage::startRequested, &q, [this] { start(); });
    QObject::connect(setup, &SetupPage::copyCommandRequested, &q, [this] { copyCommand(); });
    QObject::connect(setup, &SetupPage::saveRequested, &q, [this] { save(false); });
    QObject::connect(setup, &SetupPage::openRequested, &q, [this] { open(); });
    QObject::connect(setup, &SetupPage::sweepShown, &q, [this] { refreshActions(); });
    SweepPage* sweeps = &setup->sweepPage();
    QObject::connect(sweeps, &SweepPage::planRequested, &q, &MainWindow::sweepPlanRequested);
    QObject::connect(sweeps, &SweepPage::startRequested, &q, [this](const SweepQuestion& question) {
        messages->dismiss();
        emit q.sweepRequested(question);
    });
    QObject::connect(sweeps, &SweepPage::copyCommandRequested, &q,
                     [this](const QStringList& options) { copySweepCommand(options); });
    QObject::connect(runBar, &RunBar::pauseRequested, &q, &MainWindow::pauseRequested);
    QObject::connect(runBar, &RunBar::resumeRequested, &q, &MainWindow::resumeRequested);
    QObject::connect(runBar, &RunBar::stopRequested, &q, &MainWindow::stopRequested);
    QObject::connect(train, &TrainPage::checkpointRequested, &q, &MainWindow::checkpointRequested);
    QObject::connect(train, &TrainPage::problem, &q, &MainWindow::showProblem);
    QObject::connect(compare, &ComparePage::problem, &q, &MainWindow::showProblem);
    QObject::connect(inspect, &InspectPage::inspectRequested, &q, &MainWindow::inspectRequested);
    QObject::connect(inspect, &InspectPage::overlapRequested, &q, &MainWindow::overlapRequested);
    QObject::connect(&inspect->curve(), &RankCurvePane::curveRequested, &q, &MainWindow::rankCurveRequested);
    QObject::connect(&inspect->curve(), &RankCurvePane::stopRequested, &q,
                     &MainWindow::rankCurveStopRequested);
    QObject::connect(inspect, &InspectPage::problem, &q, &MainWindow::showProblem);
    CostPanel* costs = &setup->costPanel();
    QObject::connect(costs, &CostPanel::measureRequested, &q, &MainWindow::measureRequested);
    QObject::connect(costs, &CostPanel::measureStopRequested, &q, &MainWindow::measureStopRequested);
    QObject::connect(compare, &ComparePage::conclusionRequested, &q, &MainWindow::conclusionRequested);
    QObject::connect(compare, &ComparePage::refreshRequested, &q, &MainWindow::runsRefreshRequested);
    QObject::connect(compare, &ComparePage::exportRequested, &q, &MainWindow::exportRequested);
    QObject::connect(compare, &ComparePage::openFolderRequested, &q, &MainWindow::openFolderRequested);
    QObject::connect(tryPage, &TryPage::modelRequested, &q, &MainWindow::tryModelRequested);
    QObject::connect(tryPage, &TryPage::questionAsked, &q, &MainWindow::tryAsked);
    QObject::connect(tryPage, &TryPage::stopRequested, &q, &MainWindow::tryStopRequested);
    QObject::connect(compare, &ComparePage::settingsRequested, &q,
                     [this](const ExperimentConfig& experiment) {
                         editor().edit(MainWindow::tr("Use a run's settings"),
                                       [&](ExperimentConfig& e) { e = experiment; });
                         setup->showSweep(false);
                         q.showPage(Page::Setup);
                     });
    connectReport();
}

/// Asks for whatever the last change made out of date.
void MainWindow::Private::requestChanged()
{
    const ExperimentConfig now = editor().experiment();
    const bool isNewModel = !m_asked || m_asked->model != now.model;
    // The cut-off is applied to counts the window already has.
    DataConfig before = m_asked ? m_asked->data : DataConfig();
    if (now.task != TaskType::CausalLm) // whose blocks are of that length
        before.maxLength = now.data.maxLength;
    const bool isNewTask = !m_asked || m_asked->task != now.task;
    const bool isNewData = isNewModel || isNewTask || before != now.data;
    m_asked = now;
    if (isNewModel)
        setup->setModelPending();
    if (isNewModel || isNewTask) // another task has another head
        QTimer::singleShot(
            0, &q, [this, path = qstr(now.model), task = now.task] { emit q.modelRequested(path, task); });
    if (isNewData) {
        setup->setDatasetPending();
        setup->costPanel().clearReport(MainWindow::tr("Costs appear here once model and data are read."));
        QTimer::singleShot(0, &q, [this, now] { emit q.datasetRequested(now); });
    }
    if (!m_costTimer->isActive())
        m_costTimer->start();
}

void MainWindow::Private::planSweep()
{
    q.showPage(Page::Setup);
    setup->showSweep(true);
}

/// What the page shown offers to start.
void MainWindow::Private::start()
{
    if (q.page() == Page::Setup && setup->isSweepShown())
        return setup->sweepPage().start();
    if (q.page() == Page::Report && report->isPlannerShown())
        return report->planner().start();
    if (!setup->costPanel().blockingReason().isEmpty())
        return q.showPage(Page::Setup);
    messages->dismiss();
    emit q.startRequested(editor().experiment());
}

void MainWindow::Private::open()
{
    const QString filter = MainWindow::tr("Experiments (*.json);;All files (*)");
    const QString file =
        QFileDialog::getOpenFileName(&q, MainWindow::tr("Open experiment"), editor().file(), filter);
    if (!file.isEmpty())
        emit q.openExperimentRequested(file);
}

void MainWindow::Private::save(bool asksForFile)
{
    QString file = editor().file();
    if (asksForFile || file.isEmpty()) {
        const QString filter = MainWindow::tr("Experiments (*.json)");
        const QString start =
            file.isEmpty() ? qstr(editor().experiment().name) + QStringLiteral(".json") : file;
        file = QFileDialog::getSaveFileName(&q, MainWindow::tr("Save experiment"), start, filter);
        if (!file.isEmpty() && QFileInfo(file).suffix().isEmpty())
            file += QStringLiteral(".json");
    }
    if (!file.isEmpty())
        emit q.saveExperimentRequested(file, editor().experiment());
}

void MainWindow::Private::copyCommand()
{
    const QString file = editor().isSaved() ? editor().file() : QString();
    QApplication::clipboard()->setText(commandLine(editor().experiment(), file));
    q.showNotice(MainWindow::tr("The command line that runs this experiment is on the clipboard."));
}

void MainWindow::Private::copySweepCommand(const QStringList& options)
{
    const QString file = editor().isSaved() ? editor().file() : QString();
    QApplication::clipboard()->setText(sweepCommandLine(editor().experiment(), options, file));
    q.showNotice(MainWindow::tr("The command line that makes this sweep is on the clipboard."));
}

void MainWindow::Private::tellOutcome(const RunOutcome& outcome)
{
    const bool isBroken = outcome.status == RunStatus::Diverged || outcome.status == RunStatus::Failed;
    if (sweep && outcome.status == RunStatus::Diverged)
        q.showNotice(MainWindow::tr("Run %1 of %2, %3, diverged; the next one follows.")
                         .arg(sweep->run)
                         .arg(sweep->count)
                         .arg(sweep->label));
    else if (sweep && isBroken)
        q.showProblem(MainWindow::tr("Run %1 of %2, %3: %4")
                          .arg(sweep->run)
                          .arg(sweep->count)
                          .arg(sweep->label, qstr(outcome.message)),
                      qstr(outcome.hint));
    else if (isBroken)
        q.showProblem(qstr(outcome.message), qstr(outcome.hint));
    else if (!sweep)
        q.showNotice(
            outcome.status == RunStatus::Completed
                ? MainWindow::tr("The run is complete. Compare it with others on the Compare page.")
                : MainWindow::tr("The run was stopped. Its checkpoint and adapter are in its folder."));
}

void MainWindow::Private::showUnfinished(const std::vector<UnfinishedSweep>& sweeps)
{
    constexpr std::size_t kShown = 10;
    m_continue->clear();
    for (std::size_t i = 0; i < std::min(kShown, sweeps.size()); ++i) {
        const UnfinishedSweep& unfinished = sweeps[i];
        QAction* action = m_continue->addAction(MainWindow::tr("%1: %2 of %3 runs done")
                                                    .arg(unfinished.name)
                                                    .arg(unfinished.done)
                                                    .arg(unfinished.count));
        action->setToolTip(unfinished.folder);
        QObject::connect(action, &QAction::triggered, &q,
                         [this, folder = unfinished.folder] { emit q.sweepContinueRequested(folder); });
    }
    refreshActions();
    // Once, at the start: later the one who stopped a sweep knows of it.
    if (!std::exchange(m_wasOfferMade, true) && !sweeps.empty() && state == RunState::Idle)
        offerToContinue(sweeps.front());
}

void MainWindow::Private::offerToContinue(const UnfinishedSweep& unfinished)
{
    m_wasOfferMade = true;
    messages->showOffer(MainWindow::tr("The sweep of “%1” has %2 of %3 runs done; what is done stays.")
                            .arg(unfinished.name)
                            .arg(unfinished.done)
                            .arg(unfinished.count),
                        MainWindow::tr("Continue"),
                        [this, folder = unfinished.folder] { emit q.sweepContinueRequested(folder); });
}

/// Nobody is torn away from another page they went to while the sweep ran.
void MainWindow::Private::showAwaitedRuns()
{
    compare->table().checkOnly(std::exchange(awaitedRuns, {}));
    if (q.page() == Page::Train)
        q.showPage(Page::Compare);
}

void MainWindow::Private::refreshTitle()
{
    const QString file = editor().file();
    q.setWindowTitle(file.isEmpty()
                         ? MainWindow::tr("LoRA Workbench")
                         : MainWindow::tr("%1[*] – LoRA Workbench").arg(QFileInfo(file).fileName()));
    q.setWindowModified(!file.isEmpty() && !editor().isSaved());
}

void MainWindow::Private::refreshActions()
{
    if (!m_start)
        return;
    const bool isActive = state == RunState::Running || state == RunState::Paused;
    m_start->setEnabled(setup->isSweepShown() || report->isPlannerShown() ||
                        setup->costPanel().blockingReason().isEmpty());
    m_pause->setEnabled(isActive);
    m_pause->setText(state == RunState::Paused ? MainWindow::tr("&Resume") : MainWindow::tr("&Pause"));
    m_stop->setEnabled(isActive || state == RunState::Preparing);
    m_checkpoint->setEnabled(isActive);
    m_continue->setEnabled(state == RunState::Idle && !m_continue->isEmpty());
}

void MainWindow::Private::refreshIcons()
{
    for (const auto& [action, icon] : m_icons)
        action->setIcon(themedIcon(icon, q.palette()));
}

void MainWindow::Private::addRecent(const QString& key, const QString& path)
{
    QStringList recent = settings.value(key).toStringList();
    recent.removeAll(path);
    recent.prepend(path);
    settings.setValue(key, recent.mid(0, kRecentKept));
    setup->modelCard().setRecent(settings.value(QStringLiteral("recent/models")).toStringList());
    setup->datasetCard().setRecent(settings.value(QStringLiteral("recent/data")).toStringList());
}

void MainWindow::Private::restoreState()
{
    q.resize(1280, 800);
    setup->sweepPage().form().restore(settings);
    setup->showSweep(settings.value(QStringLiteral("sweep/isShown")).toBool());
    q.restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
    setup->modelCard().setRecent(settings.value(QStringLiteral("recent/models")).toStringList());
    setup->datasetCard().setRecent(settings.value(QStringLiteral("recent/data")).toStringList());
}

void MainWindow::Private::saveState()
{
    settings.setValue(QStringLiteral("window/geometry"), q.saveGeometry());
    setup->sweepPage().form().save(settings);
    settings.setValue(QStringLiteral("sweep/isShown"), setup->isSweepShown());
}

} // namespace lora::ui
