// Planning a sweep in the window, and what the window shows while one runs.
#include "example_values.h"
#include "ui/command_line.h"
#include "ui/demo_experiment.h"
#include "ui/main_window.h"
#include "ui/models/planned_runs_model.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/setup_page.h"
#include "ui/setup/cost_panel.h"
#include "ui/sweep/axis_chips.h"
#include "ui/sweep/sweep_form.h"
#include "ui/sweep/sweep_page.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/chip_row.h"
#include "ui/widgets/message_strip.h"
#include "ui/widgets/run_bar.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace lora;
using namespace lora::ui;

namespace {

SweepLine line(const QString& label, MethodType type, int rank, bool isShared = false)
{
    SweepLine line;
    line.label = label;
    line.method.type = type;
    line.method.lora.r = rank;
    line.cost = {4096 * rank, type == MethodType::Full ? 1.0 : 0.6, 12, 256e6, isShared};
    return line;
}

std::vector<SweepLine> lines()
{
    return {line(QStringLiteral("r=1"), MethodType::Lora, 1),
            line(QStringLiteral("r=4"), MethodType::Lora, 4, true),
            line(QStringLiteral("full fine-tuning"), MethodType::Full, 8)};
}

QString allTextOf(const QWidget& widget)
{
    QStringList texts;
    for (const auto* label : widget.findChildren<QLabel*>())
        texts += label->text();
    return texts.join(u'\n');
}

} // namespace

class SweepTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<MainWindow> m_window;

    SetupPage& setup() { return *m_window->findChild<SetupPage*>(); }
    SweepPage& page() { return setup().sweepPage(); }
    SweepForm& form() { return page().form(); }
    MessageStrip& messages() { return *m_window->findChild<MessageStrip*>(); }
    void openWindow()
    {
        m_window = std::make_unique<MainWindow>(*m_settings);
        m_window->setModelSummary(example::bert(4));
        m_window->setDatasetPreview(example::sentiment());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void toggle(ChipRow& row, const char* key)
    {
        QToolButton* chip = row.button(QString::fromLatin1(key));
        QVERIFY(chip);
        QTest::mouseClick(chip, Qt::LeftButton);
    }
    /// Opens the planning and answers its questions with `lines`, as the application would.
    void openPlanned()
    {
        connect(m_window.get(), &MainWindow::sweepPlanRequested, m_window.get(),
                [this](const SweepQuestion& question) {
                    m_window->setPlannedSweep({question.ticket, lines(), {}, {}});
                });
        setup().showSweep(true);
        QTRY_VERIFY(page().blockingReason().isEmpty());
    }

private slots:
    void init()
    {
        m_settings =
            std::make_unique<QSettings>(m_folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        m_settings->clear();
        openWindow();
    }

    void cleanup()
    {
        m_window.reset();
        m_settings.reset();
    }

    void plannedRunsModelKeepsTheModelContract()
    {
        PlannedRunsModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setLines(lines());
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(1, PlannedRunsModel::Shares).data().toString(), QStringLiteral("shared"));
        QCOMPARE(model.index(0, PlannedRunsModel::Compute).data().toString(), QStringLiteral("−40 %"));
        QVERIFY(model.index(0, PlannedRunsModel::Time).data().toString().startsWith(u'≈'));
        QCOMPARE(model.totalSeconds(), 36.0);
        QCOMPARE(model.sharing(), 1);
        model.setLines({line(QStringLiteral("r=2"), MethodType::Lora, 2)});
        QCOMPARE(model.index(0, PlannedRunsModel::Label).data().toString(), QStringLiteral("r=2"));
        model.setLines({});
        QCOMPARE(model.rowCount(), 0);
    }

    void ranksLieAroundTheMethodsUntilTheyAreChosen()
    {
        QCOMPARE(form().axes().ranks, (std::vector{1, 2, 4, 8, 16}));
        setup().editor().edit(QStringLiteral("rank"), [](ExperimentConfig& e) { e.method.lora.r = 32; });
        QCOMPARE(form().axes().ranks, (std::vector{4, 8, 16, 32, 64}));
        setup().showSweep(true);
        toggle(form().ranks(), "4");
        setup().editor().edit(QStringLiteral("rank"), [](ExperimentConfig& e) { e.method.lora.r = 8; });
        QCOMPARE(form().axes().ranks, (std::vector{8, 16, 32, 64}));
    }

    void typedEntriesBecomeChipsAndNonsenseDoesNot()
    {
        setup().showSweep(true);
        QTest::keyClicks(form().ranks().field(), QStringLiteral("24"));
        QTest::keyClick(form().ranks().field(), Qt::Key_Return);
        QVERIFY(form().ranks().checked().contains(QStringLiteral("24")));
        QVERIFY(form().ranks().field()->text().isEmpty());
        const QStringList before = form().ranks().checked();
        QTest::keyClicks(form().ranks().field(), QStringLiteral("-3"));
        QTest::keyClick(form().ranks().field(), Qt::Key_Return);
        QCOMPARE(form().ranks().checked(), before);
        QTest::keyClicks(form().layers().field(), QStringLiteral("0-2"));
        QTest::keyClick(form().layers().field(), Qt::Key_Return);
        QCOMPARE(form().axes().layers.back(), (LayerSet{LayerSet::Kind::Indices, {0, 1, 2}}));
    }

    void whatTheLayerMapHasIsNoAxis()
    {
        QVERIFY(form().axes().targets.empty());
        QVERIFY(form().axes().layers.empty());
        setup().showSweep(true);
        toggle(form().targets(), "all-linear");
        toggle(form().layers(), "top-half");
        const SweepAxes axes = form().axes();
        QCOMPARE(axes.targets.size(), std::size_t{2});
        QCOMPARE(std::get<std::vector<std::string>>(axes.targets[0]),
                 (std::vector<std::string>{"query", "value"}));
        QCOMPARE(std::get<std::string>(axes.targets[1]), std::string("all-linear"));
        QCOMPARE(axes.layers.size(), std::size_t{2});
    }

    void learningRatesLieAroundTheExperiments()
    {
        setup().editor().edit(QStringLiteral("learning rate"),
                              [](ExperimentConfig& e) { e.training.learningRate = 1e-3; });
        QCOMPARE(form().rates().checked(), QStringList(QStringLiteral("0.001")));
        QVERIFY(form().axes().learningRates.empty());
        setup().showSweep(true);
        toggle(form().rates(), "0.002");
        QTest::keyClicks(form().rates().field(), QStringLiteral("-1"));
        QTest::keyClick(form().rates().field(), Qt::Key_Return);
        QTest::keyClicks(form().rates().field(), QStringLiteral("7e-4"));
        QTest::keyClick(form().rates().field(), Qt::Key_Return);
        QCOMPARE(form().axes().learningRates, (std::vector{1e-3, 2e-3, 7e-4}));
        QVERIFY(form().arguments().contains(QStringLiteral("0.001,0.002,0.0007")));
        for (const char* rate : {"0.0007", "0.001", "0.002"})
            toggle(form().rates(), rate);
        QVERIFY(!form().issues().empty());
    }

    void seedsFollowTheExperiments()
    {
        QVERIFY(form().axes().seeds.empty());
        setup().editor().edit(QStringLiteral("seed"), [](ExperimentConfig& e) { e.training.seed = 7; });
        form().seeds().setValue(3);
        QCOMPARE(form().axes().seeds, (std::vector<std::uint64_t>{7, 8, 9}));
        QVERIFY(allTextOf(form()).contains(QStringLiteral("7, 8, 9")));
    }

    void everyChangeIsPlannedAnew()
    {
        QSignalSpy plans(m_window.get(), &MainWindow::sweepPlanRequested);
        QTest::qWait(60);
        QCOMPARE(plans.size(), 0); // nobody looks
        setup().showSweep(true);
        QTRY_COMPARE(plans.size(), 1);
        toggle(form().ranks(), "1");
        QTRY_COMPARE(plans.size(), 2);
        setup().editor().edit(QStringLiteral("epochs"),
                              [](ExperimentConfig& e) { e.training.numTrainEpochs = 9; });
        QTRY_COMPARE(plans.size(), 3);
    }

    void aPlanIsShownWithItsTotalsAndAnOldAnswerIsNot()
    {
        openPlanned();
        QCOMPARE(page().runs().rowCount(), 3);
        QVERIFY(page().totals().contains(QStringLiteral("3 runs")));
        QVERIFY(page().totals().contains(QStringLiteral("36")));
        m_window->setPlannedSweep({0, {}, {}, {}});
        QCOMPARE(page().runs().rowCount(), 3);
    }

    void problemsStandBesideTheirFieldsAndKeepItFromStarting()
    {
        connect(m_window.get(), &MainWindow::sweepPlanRequested, m_window.get(),
                [this](const SweepQuestion& question) {
                    m_window->setPlannedSweep({question.ticket,
                                               {},
                                               {{"layers", Severity::Error, "found 9"},
                                                {"method.init_adapter", Severity::Error, "brings its own"}},
                                               {}});
                });
        setup().showSweep(true);
        QTRY_VERIFY(allTextOf(form()).contains(QStringLiteral("found 9")));
        QCOMPARE(page().problems(), QStringLiteral("method.init_adapter: brings its own"));
        QVERIFY(!page().startButton().isEnabled());
        for (const QString& rank : form().ranks().checked())
            QTest::mouseClick(form().ranks().button(rank), Qt::LeftButton);
        QTRY_VERIFY(allTextOf(form()).contains(QStringLiteral("choose at least one rank")));
    }

    void startAsksForTheSweepOnce()
    {
        openPlanned();
        QSignalSpy starts(m_window.get(), &MainWindow::sweepRequested);
        QTest::mouseClick(&page().startButton(), Qt::LeftButton);
        QCOMPARE(starts.size(), 1);
        const auto question = starts[0][0].value<SweepQuestion>();
        QVERIFY(question.base == demoExperiment());
        QCOMPARE(question.axes.ranks.size(), std::size_t{5});
        QVERIFY(question.axes.isFullIncluded);
        QVERIFY(!page().startButton().isEnabled());
        m_window->setSweepProblem(QStringLiteral("no"), {});
        QVERIFY(page().startButton().isEnabled());
        QTest::keyClick(m_window.get(), Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(starts.size(), 2);
        m_window->setRunState(RunState::Preparing);
        QVERIFY(!page().startButton().isEnabled());
    }

    void theKeyboardOpensAndLeavesThePlanning()
    {
        m_window->activateWindow();
        QTest::keyClick(m_window.get(), Qt::Key_Return, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(setup().isSweepShown());
        QToolButton* first = form().ranks().button(QStringLiteral("1"));
        QTRY_VERIFY(first->hasFocus());
        QTest::keyClick(first, Qt::Key_Space);
        QVERIFY(!form().ranks().checked().contains(QStringLiteral("1")));
        QTest::keyClick(first, Qt::Key_Right);
        QVERIFY(form().ranks().button(QStringLiteral("2"))->hasFocus());
        QTest::keyClick(&page(), Qt::Key_Escape);
        QVERIFY(!setup().isSweepShown());
    }

    void theCommandLineMakesTheSameSweep()
    {
        setup().showSweep(true);
        toggle(form().targets(), "all-linear");
        form().seeds().setValue(2);
        form().head().setChecked(true);
        QCOMPARE(sweepCommandLine(demoExperiment(), form().arguments(), QStringLiteral("e.json")),
                 QStringLiteral("lora-workbench-cli sweep e.json --ranks 1,2,4,8,16 --targets "
                                "'query,value;all-linear' --seeds 42,43 --with-full --with-head"));
    }

    void choicesAndTheOpenPlanningSurviveTheWindow()
    {
        setup().showSweep(true);
        toggle(form().ranks(), "2");
        form().head().setChecked(true);
        form().seeds().setValue(3);
        m_window->close();
        m_window.reset();
        openWindow();
        QVERIFY(setup().isSweepShown());
        QCOMPARE(form().axes().ranks, (std::vector{1, 4, 8, 16}));
        QVERIFY(form().axes().isHeadIncluded);
        QCOMPARE(form().seeds().value(), 3);
    }

    void theBarSaysWhichRunOfHowMany()
    {
        auto& bar = *m_window->findChild<RunBar*>();
        m_window->setSweepPosition({3, 8, QStringLiteral("r=4")});
        m_window->setRunState(RunState::Preparing);
        QVERIFY(allTextOf(bar).contains(QStringLiteral("run 3 of 8")));
        RunStart start;
        start.totalSteps = 100;
        m_window->setRunStart(start, example::experiment("r=4", MethodType::Lora, 4), QStringLiteral("/r"));
        QVERIFY(allTextOf(bar).contains(QStringLiteral("run 3 of 8  ·  r=4")));
        RunOutcome diverged;
        diverged.status = RunStatus::Diverged;
        m_window->setRunOutcome(diverged);
        QVERIFY(messages().text().contains(QStringLiteral("Run 3 of 8, r=4, diverged")));
        QVERIFY(!messages().isProblem());
    }

    void aCompleteSweepEndsOnCompareWithItsRunsChecked()
    {
        const auto runs = example::runs();
        auto& table = m_window->findChild<ComparePage*>()->table();
        m_window->setRuns({});
        m_window->setSweepPosition({1, 2, QStringLiteral("r=1")});
        m_window->setRunState(RunState::Preparing);
        QCOMPARE(m_window->page(), MainWindow::Page::Train);
        SweepOutcome outcome;
        outcome.done = outcome.count = 2;
        outcome.runFolders = {QString::fromStdString(runs[1]->folder.string()),
                              QString::fromStdString(runs[3]->folder.string())};
        m_window->setSweepOutcome(outcome);
        m_window->setRunState(RunState::Idle);
        m_window->setRuns(runs);
        QCOMPARE(m_window->page(), MainWindow::Page::Compare);
        QCOMPARE(table.checkedRuns().size(), std::size_t{2});
        m_window->showPage(MainWindow::Page::Setup);
        m_window->setRuns(runs);
        QCOMPARE(m_window->page(), MainWindow::Page::Setup);
    }

    void aStoppedSweepIsOfferedToBeGoneOnWith()
    {
        QSignalSpy continued(m_window.get(), &MainWindow::sweepContinueRequested);
        SweepOutcome outcome;
        outcome.status = RunStatus::Stopped;
        outcome.name = QStringLiteral("tiny");
        outcome.folder = QStringLiteral("/runs/sweep");
        outcome.done = 1;
        outcome.count = 3;
        m_window->setSweepOutcome(outcome);
        QVERIFY(messages().text().contains(QStringLiteral("1 of 3 runs done")));
        QTest::mouseClick(messages().findChild<QPushButton*>(), Qt::LeftButton);
        QCOMPARE(continued.size(), 1);
        QCOMPARE(continued[0][0].toString(), QStringLiteral("/runs/sweep"));
        QVERIFY(messages().isHidden());
    }

    void unfinishedSweepsAreOfferedAtTheStartAndInTheMenu()
    {
        QSignalSpy continued(m_window.get(), &MainWindow::sweepContinueRequested);
        const UnfinishedSweep sweep{QStringLiteral("tiny"), QStringLiteral("/runs/sweep"), 2, 4};
        m_window->setUnfinishedSweeps({sweep});
        QVERIFY(messages().text().contains(QStringLiteral("2 of 4 runs done")));
        messages().dismiss();
        m_window->setUnfinishedSweeps({sweep});
        QVERIFY(messages().isHidden());
        QAction* entry = nullptr;
        for (QMenu* menu : m_window->findChildren<QMenu*>())
            for (QAction* action : menu->actions())
                if (action->text().startsWith(QStringLiteral("tiny")))
                    entry = action;
        QVERIFY(entry);
        entry->trigger();
        QCOMPARE(continued.size(), 1);
    }
};

QTEST_MAIN(SweepTest)
#include "sweep_test.moc"
