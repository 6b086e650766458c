// The window's menus.
#include "ui/main_window_p.h"

#include "core/base/prefix_budget.h"
#include "ui/setup/dataset_card.h"
#include "ui/setup/model_card.h"

#include <QActionGroup>
#include <QApplication>
#include <QMessageBox>

namespace lora::ui {

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

} // namespace lora::ui
