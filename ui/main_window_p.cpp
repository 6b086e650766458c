// How the window's parts are made and tied together; what it is told and asks is in main_window.cpp.
#include "ui/main_window_p.h"

#include "core/base/prefix_budget.h"
#include "ui/command_line.h"
#include "ui/format/quantities.h"
#include "ui/setup/cost_panel.h"
#include "ui/setup/dataset_card.h"
#include "ui/setup/model_card.h"
#include "ui/sweep/sweep_form.h"
#include "ui/sweep/sweep_page.h"
#include "ui/theme/theme.h"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QMessageBox>
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

QAction* MainWindow::Private::add(QMenu* menu, const QString& text, const QKeySequence& shortcut,
                                  std::function<void()> action, const QString& icon)
{
    QAction* item = menu->addAction(text);
    item->setShortcut(shortcut);
    if (!icon.isEmpty())
        m_icons.emplace_back(item, icon);
    QObject::connect(item, &QAction::triggered, &q, std::move(action));
    return item;
}

void MainWindow::Private::createActions()
{
    createFileMenu();
    createEditMenu();
    createRunMenu();
    createViewMenu();
    QMenu* help = q.menuBar()->addMenu(MainWindow::tr("&Help"));
    add(help, MainWindow::tr("About LoRA Workbench"), {}, [this] {
        auto* box = new QMessageBox(
            QMessageBox::NoIcon, MainWindow::tr("About LoRA Workbench"),
            MainWindow::tr("LoRA Workbench %1\n\nA desktop laboratory for fine-tuning "
                           "transformers with LoRA on an ordinary computer.\n\nGPL-3.0-or-later")
                .arg(QApplication::applicationVersion()),
            QMessageBox::Close, &q);
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
    refreshIcons();
    refreshActions();
}

void MainWindow::Private::createFileMenu()
{
    QMenu* file = q.menuBar()->addMenu(MainWindow::tr("&File"));
    add(
        file, MainWindow::tr("&Open experiment…"), QKeySequence::Open, [this] { open(); },
        QStringLiteral("open"));
    add(
        file, MainWindow::tr("&Save experiment"), QKeySequence::Save, [this] { save(false); },
        QStringLiteral("save"));
    add(file, MainWindow::tr("Save experiment &as…"), QKeySequence::SaveAs, [this] { save(true); });
    file->addSeparator();
    add(
        file, MainWindow::tr("Open &model folder…"), QKeySequence(Qt::CTRL | Qt::Key_M),
        [this] {
            q.showPage(Page::Setup);
            setup->showSweep(false);
            setup->modelCard().chooseFolder();
        },
        QStringLiteral("folder"));
    add(file, MainWindow::tr("Open &data file…"), QKeySequence(Qt::CTRL | Qt::Key_D), [this] {
        q.showPage(Page::Setup);
        setup->showSweep(false);
        setup->datasetCard().chooseFile();
    });
    file->addSeparator();
    add(file, MainWindow::tr("&Quit"), QKeySequence::Quit, [this] { q.close(); });
}

void MainWindow::Private::createEditMenu()
{
    QMenu* edit = q.menuBar()->addMenu(MainWindow::tr("&Edit"));
    QAction* undo = editor().undoStack().createUndoAction(&q, MainWindow::tr("&Undo"));
    QAction* redo = editor().undoStack().createRedoAction(&q, MainWindow::tr("&Redo"));
    undo->setShortcut(QKeySequence::Undo);
    redo->setShortcut(QKeySequence::Redo);
    m_icons.emplace_back(undo, QStringLiteral("undo"));
    m_icons.emplace_back(redo, QStringLiteral("redo"));
    edit->addActions({undo, redo});
    edit->addSeparator();
    add(
        edit, MainWindow::tr("&Copy command line"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
        [this] { copyCommand(); }, QStringLiteral("terminal"));
}

void MainWindow::Private::createRunMenu()
{
    QMenu* run = q.menuBar()->addMenu(MainWindow::tr("&Run"));
    m_start = add(
        run, MainWindow::tr("&Start"), QKeySequence(Qt::CTRL | Qt::Key_Return), [this] { start(); },
        QStringLiteral("play"));
    add(run, MainWindow::tr("S&weep ranks…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Return),
        [this] { planSweep(); });
    m_continue = run->addMenu(MainWindow::tr("C&ontinue sweep"));
    m_continue->setEnabled(false);
    run->addSeparator();
    m_pause = add(
        run, MainWindow::tr("&Pause"), QKeySequence(Qt::CTRL | Qt::Key_P),
        [this] { state == RunState::Paused ? emit q.resumeRequested() : emit q.pauseRequested(); },
        QStringLiteral("pause"));
    m_stop = add(
        run, MainWindow::tr("S&top"), QKeySequence(Qt::CTRL | Qt::Key_Period),
        [this] { emit q.stopRequested(); }, QStringLiteral("stop"));
    m_checkpoint = add(
        run, MainWindow::tr("Save &checkpoint"), QKeySequence(Qt::CTRL | Qt::Key_K),
        [this] { emit q.checkpointRequested(); }, QStringLiteral("checkpoint"));
    run->addSeparator();
    add(
        run, MainWindow::tr("&Read runs again"), QKeySequence::Refresh,
        [this] { emit q.runsRefreshRequested(); }, QStringLiteral("refresh"));
    createCacheMenu(*run);
}

/// How much disk what frozen layers compute may take between runs.
void MainWindow::Private::createCacheMenu(QMenu& run)
{
    QMenu* menu = run.addMenu(MainWindow::tr("&Disk space for the prefix cache"));
    auto* group = new QActionGroup(&q);
    constexpr std::int64_t mega = 1'000'000;
    const std::pair<QString, std::int64_t> choices[] = {{MainWindow::tr("&None"), 0},
                                                        {MainWindow::tr("&500 MB"), 500 * mega},
                                                        {MainWindow::tr("&2 GB"), 2'000 * mega},
                                                        {MainWindow::tr("&10 GB"), 10'000 * mega},
                                                        {MainWindow::tr("5&0 GB"), 50'000 * mega}};
    const std::int64_t current = prefixCacheBudget().value_or(userBudget().keptBytes);
    for (const auto& [text, bytes] : choices) {
        QAction* action = add(menu, text, {}, [this, bytes = bytes] {
            settings.setValue(QStringLiteral("prefix-cache/bytes"), static_cast<qint64>(bytes));
        });
        action->setCheckable(true);
        action->setChecked(bytes == current);
        group->addAction(action);
    }
}

std::optional<std::int64_t> MainWindow::Private::prefixCacheBudget() const
{
    bool isNumber = false;
    const qint64 bytes = settings.value(QStringLiteral("prefix-cache/bytes")).toLongLong(&isNumber);
    return isNumber && bytes >= 0 ? std::optional<std::int64_t>(bytes) : std::nullopt;
}

void MainWindow::Private::createViewMenu()
{
    QMenu* view = q.menuBar()->addMenu(MainWindow::tr("&View"));
    const std::tuple<QString, QString, Qt::Key> entries[] = {
        {MainWindow::tr("Setup"), QStringLiteral("setup"), Qt::Key_1},
        {MainWindow::tr("Train"), QStringLiteral("train"), Qt::Key_2},
        {MainWindow::tr("Compare"), QStringLiteral("compare"), Qt::Key_3},
        {MainWindow::tr("Inspect"), QStringLiteral("inspect"), Qt::Key_4},
        {MainWindow::tr("Try"), QStringLiteral("try"), Qt::Key_5},
        {MainWindow::tr("Report"), QStringLiteral("report"), Qt::Key_6}};
    for (const auto& [title, icon, key] : entries)
        view->addAction(rail->addPage(title, icon, QKeySequence(Qt::CTRL | key)));
    view->addSeparator();
    QMenu* appearance = view->addMenu(MainWindow::tr("&Appearance"));
    auto* group = new QActionGroup(&q);
    const QString current = settings.value(QStringLiteral("window/appearance")).toString();
    const std::pair<QString, QString> choices[] = {{MainWindow::tr("As the &system"), QString()},
                                                   {MainWindow::tr("&Light"), QStringLiteral("light")},
                                                   {MainWindow::tr("&Dark"), QStringLiteral("dark")}};
    for (const auto& [text, value] : choices) {
        QAction* action = add(appearance, text, {}, [this, value = value] {
            settings.setValue(QStringLiteral("window/appearance"), value);
            applyAppearance(value);
        });
        action->setCheckable(true);
        action->setChecked(value == current);
        group->addAction(action);
    }
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
    QObject::connect(inspect, &InspectPage::curveRequested, &q, &MainWindow::rankCurveRequested);
    QObject::connect(inspect, &InspectPage::curveStopRequested, &q, &MainWindow::rankCurveStopRequested);
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
    QObject::connect(&compare->table(), &RunTableModel::checkedChanged, &q,
                     [this] { report->setRuns(compare->table().checkedRuns()); });
    QObject::connect(report, &ReportPage::previewRequested, &q, &MainWindow::reportRequested);
    QObject::connect(report, &ReportPage::saveRequested, &q, &MainWindow::reportSaveRequested);
    QObject::connect(report, &ReportPage::exportRequested, &q, &MainWindow::exportRequested);
    QObject::connect(compare, &ComparePage::settingsRequested, &q,
                     [this](const ExperimentConfig& experiment) {
                         editor().edit(MainWindow::tr("Use a run's settings"),
                                       [&](ExperimentConfig& e) { e = experiment; });
                         setup->showSweep(false);
                         q.showPage(Page::Setup);
                     });
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
        q.showNotice(MainWindow::tr("Run %1 of %2, %3, diverged; the sweep goes on.")
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
    m_start->setEnabled(setup->isSweepShown() || setup->costPanel().blockingReason().isEmpty());
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
