// A sweep through the whole program: planned, priced, run, stopped, gone on with and compared.
#include "app/application.h"

#include "tests/app/small_experiment.h"
#include "ui/main_window.h"
#include "ui/models/planned_runs_model.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/setup_page.h"
#include "ui/sweep/sweep_form.h"
#include "ui/sweep/sweep_page.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/chip_row.h"
#include "ui/widgets/message_strip.h"

#include <QCheckBox>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>
#include <QtTest>

using namespace lora;
using namespace lora::app;
using lora::ui::MainWindow;
using lora::ui::RunState;

namespace {

constexpr int patience = 60000; ///< milliseconds; sanitizers are slow

struct Workbench
{
    explicit Workbench(const std::filesystem::path& home)
        : settings(QString::fromStdString((home / "settings.ini").string()), QSettings::IniFormat)
        , window(settings)
        , application(window, DataFolders::inside(home))
    {
        window.show();
    }

    ui::SetupPage& setup() { return *window.findChild<ui::SetupPage*>(); }
    ui::SweepPage& page() { return setup().sweepPage(); }
    ui::ComparePage& compare() { return *window.findChild<ui::ComparePage*>(); }
    ui::MessageStrip& messages() { return *window.findChild<ui::MessageStrip*>(); }

    /// Plans ranks 1 and 2 and full fine-tuning of `experiment`, until Start can be pressed.
    void plan(const ExperimentConfig& experiment)
    {
        window.setExperiment(experiment);
        setup().showSweep(true);
        for (const char* rank : {"4", "8", "16"})
            QTest::mouseClick(page().form().ranks().button(rank), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(page().blockingReason(), QString(), patience);
        QTRY_COMPARE_WITH_TIMEOUT(page().runs().rowCount(), 3, patience);
    }

    QSettings settings;
    MainWindow window;
    Application application;
};

} // namespace

class ApplicationSweepTest : public QObject
{
    Q_OBJECT

private:
    test::SmallExperiment m_small;

private slots:
    void aSweepIsPricedRunAndCompared()
    {
        const test::TemporaryFolder home;
        Workbench bench(home.path());
        bench.plan(m_small.config());
        const auto& lines = bench.page().runs().lines();
        QCOMPARE(lines[0].label, QString("r=1"));
        QCOMPARE(lines[2].label, QString("full fine-tuning"));
        QVERIFY(lines[0].cost.trainableParameters < lines[1].cost.trainableParameters);
        QVERIFY(lines[1].cost.trainableParameters < lines[2].cost.trainableParameters);
        QVERIFY(lines[0].cost.seconds > 0 && lines[0].cost.memoryBytes > 0);
        QVERIFY(lines[0].cost.computeRatio < 1);

        QSignalSpy positions(&bench.application.controller(), &TrainingController::sweepAdvanced);
        QTest::mouseClick(&bench.page().startButton(), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.page(), MainWindow::Page::Train, patience);
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.page(), MainWindow::Page::Compare, patience);
        QCOMPARE(positions.size(), 3);
        const auto checked = bench.compare().table().checkedRuns();
        QCOMPARE(checked.size(), std::size_t{3});
        for (const auto& run : checked)
            QCOMPARE(run->summary.outcome, std::string("completed"));
        QVERIFY(bench.messages().text().contains("3 runs"));
    }

    void aSweepLeftByClosingIsGoneOnWithAtTheNextStart()
    {
        const test::TemporaryFolder home;
        {
            Workbench bench(home.path());
            bench.plan(m_small.config(100000));
            bench.page().start();
            QTRY_COMPARE_WITH_TIMEOUT(bench.application.controller().state(), RunState::Running, patience);
            bench.window.close();
            QVERIFY(bench.window.isVisible());
            QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isVisible(), patience);
        }
        Workbench bench(home.path());
        QTRY_VERIFY_WITH_TIMEOUT(bench.messages().text().contains("0 of 3 runs done"), patience);
        QSignalSpy steps(&bench.application.controller(), &TrainingController::stepsArrived);
        std::int64_t first = 0;
        QObject::connect(&bench.application.controller(), &TrainingController::started,
                         [&](const RunStart& start) { first = start.firstStep; });
        QTest::mouseClick(bench.messages().findChild<QPushButton*>(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!steps.isEmpty(), patience);
        QVERIFY(first > 0); // from its checkpoint
        bench.application.controller().stop();
        QTRY_COMPARE_WITH_TIMEOUT(bench.application.controller().state(), RunState::Idle, patience);
        QVERIFY(bench.messages().text().contains("0 of 3 runs done"));
    }

    void aSweepWhoseDataChangedIsNotGoneOnWith()
    {
        const test::TemporaryFolder home;
        const test::SmallExperiment small;
        Workbench bench(home.path());
        bench.plan(small.config(100000));
        bench.page().start();
        QTRY_COMPARE_WITH_TIMEOUT(bench.application.controller().state(), RunState::Running, patience);
        bench.application.controller().stop();
        QTRY_COMPARE_WITH_TIMEOUT(bench.application.controller().state(), RunState::Idle, patience);
        small.folder().write("train.tsv", "sentence\tlabel\ngood\tpositive\nbad\tnegative\n");
        QTest::mouseClick(bench.messages().findChild<QPushButton*>(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(bench.messages().isProblem(), patience);
        QVERIFY(bench.messages().text().contains("the data has changed"));
        QVERIFY(bench.application.controller().state() == RunState::Idle);
    }
};

QTEST_MAIN(ApplicationSweepTest)
#include "application_sweep_test.moc"
