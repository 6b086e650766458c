#include "app/screenshots.h"

#include "app/application.h"
#include "core/base/error.h"
#include "core/experiment/demo_experiments.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/main_window.h"
#include "ui/pages/inspect_page.h"
#include "ui/pages/report_page.h"
#include "ui/pages/try_page.h"
#include "ui/try/source_card.h"
#include "ui/try/try_input.h"

#include <QApplication>
#include <QDir>
#include <QPushButton>
#include <QTimer>

namespace lora::app {

using ui::MainWindow;
using ui::RunState;

namespace {

/// Time for fonts, layouts and the last replot to settle before a picture.
constexpr int settleMilliseconds = 600;
/// Which run that is, counted from 1: the highest rank.
constexpr std::size_t photographedRun = 3;
/// Share of a run after which it is photographed.
constexpr double midRun = 0.6;

} // namespace

Screenshots::Screenshots(MainWindow& window, Application& application, QString folder, QSize size)
    : m_window(window)
    , m_application(application)
    , m_folder(std::move(folder))
    , m_size(size)
{
    TrainingController& controller = application.controller();
    connect(&controller, &TrainingController::started, this,
            [this](const RunStart& start) { m_totalSteps = start.totalSteps; });
    connect(&controller, &TrainingController::stepsArrived, this,
            [this](const std::vector<StepMetrics>& steps) { noteSteps(steps.back().step); });
    connect(&controller, &TrainingController::ended, this, [this](const RunOutcome& outcome) {
        if (outcome.status != RunStatus::Completed)
            m_problem = QString::fromStdString(outcome.message);
    });
    connect(&controller, &TrainingController::stateChanged, this, [this](RunState state) {
        if (state == RunState::Idle)
            QTimer::singleShot(settleMilliseconds, this, &Screenshots::nextRun);
    });
}

void Screenshots::begin()
{
    m_window.resize(m_size);
    m_window.showPage(MainWindow::Page::Setup);
    // The cost panel is what fills last.
    connect(&m_application, &Application::costShown, this, [this] {
        if (!std::exchange(m_isSetupTaken, true))
            QTimer::singleShot(settleMilliseconds, this, &Screenshots::takeSetup);
    });
}

void Screenshots::takeSetup()
{
    take("setup.png");
    try {
        m_experiments = demoExperiments();
    } catch (const Error& error) {
        emit finished(QString::fromStdString(error.what()));
        return;
    }
    m_window.showPage(MainWindow::Page::Train);
    nextRun();
}

void Screenshots::nextRun()
{
    if (!m_problem.isEmpty()) {
        emit finished(m_problem);
        return;
    }
    if (m_next == m_experiments.size()) {
        takeCompare();
        return;
    }
    emit m_window.startRequested(m_experiments[m_next++]);
    m_window.showPage(MainWindow::Page::Train);
}

void Screenshots::noteSteps(std::int64_t step)
{
    if (m_next != photographedRun || m_isTrainTaken ||
        static_cast<double>(step) < midRun * static_cast<double>(m_totalSteps))
        return;
    m_isTrainTaken = true;
    take("train.png");
}

void Screenshots::takeCompare()
{
    connect(
        &m_application, &Application::runsShown, this,
        [this] {
            QTimer::singleShot(settleMilliseconds, this, [this] {
                take("compare.png");
                takeInspect();
            });
        },
        Qt::SingleShotConnection);
    m_window.showPage(MainWindow::Page::Compare);
    emit m_window.runsRefreshRequested();
}

/// The newest run with adapters, which is what the page shows first.
void Screenshots::takeInspect()
{
    InspectDesk& desk = m_application.inspections();
    auto* page = m_window.findChild<ui::InspectPage*>();
    const auto fail = [this](const QString&, const QString& what) { emit finished(what); };
    connect(&desk, &InspectDesk::inspectionFailed, this, fail);
    connect(&desk, &InspectDesk::curveEnded, this, fail);
    connect(&desk, &InspectDesk::inspected, this, [page] { page->curve().computeButton()->click(); });
    connect(&desk, &InspectDesk::curveMeasured, this, [this] {
        QTimer::singleShot(settleMilliseconds, this, [this] {
            take("inspect.png");
            takeTry();
        });
    });
    m_window.showPage(MainWindow::Page::Inspect);
}

void Screenshots::takeTry()
{
    m_window.showPage(MainWindow::Page::Try);
    auto* page = m_window.findChild<ui::TryPage*>();
    const QString name = QString::fromStdString(m_experiments[photographedRun - 1].name);
    const auto fail = [this](const QString& what) { emit finished(what); };
    connect(&m_application.tries(), &TryDesk::openFailed, this, fail);
    connect(&m_application.tries(), &TryDesk::failed, this,
            [fail](quint64, const QString& what) { fail(what); });
    connect(
        &m_application.tries(), &TryDesk::answered, this,
        [this] {
            QTimer::singleShot(settleMilliseconds, this, [this] {
                take("try.png");
                takeReport();
            });
        },
        Qt::SingleShotConnection);
    if (!page->source().chooseRun(name))
        return fail(tr("There is no run called %1.").arg(name));
    page->input().setTexts(tr("the soup was cold but the staff were kind and the evening was lovely"), {});
}

/// Of the runs Compare shows.
void Screenshots::takeReport()
{
    connect(&m_application.reports(), &ReportDesk::unavailable, this,
            [this](const QString& what) { emit finished(what); });
    connect(
        &m_application.reports(), &ReportDesk::ready, this,
        [this] {
            QTimer::singleShot(settleMilliseconds, this, [this] {
                take("report.png");
                takeClaims();
            });
        },
        Qt::SingleShotConnection);
    m_window.showPage(MainWindow::Page::Report);
}

void Screenshots::takeClaims()
{
    connect(&m_application.reproductions(), &ReproductionDesk::planned, this,
            [this](const ui::PlannedReproduction& plan) {
                if (!plan.issues.empty())
                    emit finished(QString::fromStdString(plan.issues.front().text));
                else if (!plan.lines.empty())
                    QTimer::singleShot(settleMilliseconds, this, [this] {
                        take("claims.png");
                        emit finished(m_problem);
                    });
            });
    m_window.findChild<ui::ReportPage*>()->showPlanner(true);
}

void Screenshots::take(const QString& name)
{
    const QString path = QDir(m_folder).filePath(name);
    if (!QDir().mkpath(m_folder) || !m_window.grab().save(path))
        m_problem = tr("Cannot write %1.").arg(path);
}

} // namespace lora::app
