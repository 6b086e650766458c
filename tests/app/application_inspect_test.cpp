// Runs compared, looked into and measured against full fine-tuning through the whole program.
#include "app/application.h"

#include "tests/app/small_experiment.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/inspect/spectrum_map.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/inspect_page.h"
#include "ui/pages/setup_page.h"
#include "ui/plots/time_series_plot.h"
#include "ui/setup/cost_panel.h"
#include "ui/widgets/message_strip.h"

#include <QComboBox>
#include <QPushButton>
#include <QSettings>
#include <QtTest>

using namespace lora;
using namespace lora::app;
using lora::ui::MainWindow;
using lora::ui::RunState;

namespace {

constexpr int patience = 60000; ///< milliseconds; sanitizers are slow

struct Workbench
{
    test::TemporaryFolder home;
    QSettings settings{QString::fromStdString((home / "settings.ini").string()), QSettings::IniFormat};
    MainWindow window{settings};
    Application application{window, DataFolders::inside(home.path())};

    Workbench() { window.show(); }

    template <class Page>
    Page& page()
    {
        return *window.findChild<Page*>();
    }
    void train(const ExperimentConfig& experiment)
    {
        QSignalSpy ended(&application.controller(), &TrainingController::ended);
        emit window.startRequested(experiment);
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(application.controller().state(), RunState::Idle, patience);
    }
};

} // namespace

class ApplicationInspectTest : public QObject
{
    Q_OBJECT

private:
    test::SmallExperiment m_small;

private slots:
    void twoRunsAreComparedOnTheSameExamplesAndOneIsTakenApart()
    {
        Workbench bench;
        ExperimentConfig experiment = m_small.config();
        bench.train(experiment);
        experiment.method.lora.r = 4;
        experiment.method.lora.useDora = true;
        bench.train(experiment);
        auto& compare = bench.page<ui::ComparePage>();
        QTRY_COMPARE_WITH_TIMEOUT(compare.table().rowCount(), 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(compare.conclusion().contains(QStringLiteral("95 % interval")), patience);
        QVERIFY2(compare.conclusion().contains(QStringLiteral("40 examples")),
                 qPrintable(compare.conclusion()));

        bench.window.showPage(MainWindow::Page::Inspect);
        auto& inspect = bench.page<ui::InspectPage>();
        for (const auto& run : compare.table().runs())
            if (run->experiment.method.lora.useDora)
                inspect.choose(QString::fromStdString(run->folder.string()));
        QTRY_VERIFY_WITH_TIMEOUT(inspect.map().current() >= 0, patience);
        const ui::InspectedModule& most = inspect.map().modules()[size_t(inspect.map().current())];
        QVERIFY(most.rank == 4 && most.relativeChange > 0);
        QVERIFY2(most.singularValues.size() == 24, "DoRA's magnitudes change every direction");

        QTest::mouseClick(inspect.curve().computeButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!inspect.curve().recommendation().isEmpty(), patience);
        QVERIFY(inspect.curve().plot().csv().contains(QStringLiteral("\n4,"))); // the rank it was trained at
    }

    void twoRunsDirectionsAreComparedModuleByModule()
    {
        Workbench bench;
        ExperimentConfig experiment = m_small.config();
        bench.train(experiment);
        experiment.training.seed += 1;
        bench.train(experiment);
        bench.window.showPage(MainWindow::Page::Inspect);
        auto& inspect = bench.page<ui::InspectPage>();
        QTRY_VERIFY_WITH_TIMEOUT(inspect.map().current() >= 0, patience);
        inspect.quantity().setCurrentIndex(2);
        const int module = inspect.map().current();
        QTRY_VERIFY_WITH_TIMEOUT(!inspect.map().cellText(module).isEmpty(), patience);
        const double shared = inspect.map().cellText(module).toDouble();
        QVERIFY(shared >= 0 && shared <= 1);
        QVERIFY2(inspect.map().describe(module).contains(QStringLiteral("by chance")),
                 qPrintable(inspect.map().describe(module)));
        QSignalSpy failed(&bench.application.inspections(), &InspectDesk::comparisonFailed);
        emit bench.window.overlapRequested(inspect.folder(), QStringLiteral("/nowhere"));
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
        QVERIFY(failed[0][2].toString().contains(QStringLiteral("/nowhere")));
    }

    void aRunThatIsGoneIsAProblemNotACrash()
    {
        Workbench bench;
        QSignalSpy ended(&bench.application.inspections(), &InspectDesk::curveEnded);
        QSignalSpy failed(&bench.application.inspections(), &InspectDesk::inspectionFailed);
        emit bench.window.inspectRequested(QStringLiteral("/nowhere"));
        emit bench.window.rankCurveRequested(QStringLiteral("/nowhere"));
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
        QVERIFY(ended[0][1].toString().contains(QStringLiteral("/nowhere")));
    }

    void aCurveThatIsStoppedLeavesNothing()
    {
        Workbench bench;
        bench.train(m_small.config());
        auto& inspect = bench.page<ui::InspectPage>();
        QTRY_VERIFY_WITH_TIMEOUT(!inspect.folder().isEmpty(), patience);
        QSignalSpy ended(&bench.application.inspections(), &InspectDesk::curveEnded);
        emit bench.window.rankCurveRequested(inspect.folder());
        emit bench.window.rankCurveStopRequested(); // before the first rank
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, patience);
        QCOMPARE(ended[0][1].toString(), QString());
        QCOMPARE(inspect.curve().recommendation(), QString());
    }

    void fullFineTuningIsMeasuredWithRealStepsButNotBesideATraining()
    {
        Workbench bench;
        bench.window.setExperiment(m_small.config());
        ui::CostPanel& costs = bench.page<ui::SetupPage>().costPanel();
        QTRY_VERIFY_WITH_TIMEOUT(costs.text().contains(u'≈'), patience);
        QTest::mouseClick(costs.measureButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(costs.text().contains(QStringLiteral("Time per step, measured")), patience);
        QVERIFY(!costs.isMeasuring());

        emit bench.window.startRequested(m_small.config(100000));
        QTRY_COMPARE_WITH_TIMEOUT(bench.application.controller().state(), RunState::Running, patience);
        emit bench.window.measureRequested(m_small.config());
        QVERIFY(bench.page<ui::MessageStrip>().isVisible());
        bench.application.controller().stop();
        QTRY_COMPARE_WITH_TIMEOUT(bench.application.controller().state(), RunState::Idle, patience);
    }
};

QTEST_MAIN(ApplicationInspectTest)
#include "application_inspect_test.moc"
