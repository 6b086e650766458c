#include "example_values.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/inspect/spectrum_map.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/inspect_page.h"
#include "ui/pages/setup_page.h"
#include "ui/plots/time_series_plot.h"
#include "ui/setup/cost_panel.h"

#include <QComboBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace lora;
using namespace lora::ui;

class InspectTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<MainWindow> m_window;

    InspectPage& page() { return *m_window->findChild<InspectPage*>(); }
    ComparePage& compare() { return *m_window->findChild<ComparePage*>(); }
    CostPanel& costs() { return m_window->findChild<SetupPage*>()->costPanel(); }

private slots:
    void init()
    {
        m_settings =
            std::make_unique<QSettings>(m_folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        m_settings->clear();
        m_window = std::make_unique<MainWindow>(*m_settings);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

    void cleanup()
    {
        m_window.reset();
        m_settings.reset();
    }

    void aRunIsOpenedOnlyWhenSomebodyLooksAndOnce()
    {
        QSignalSpy asked(m_window.get(), &MainWindow::inspectRequested);
        m_window->setRuns(example::runs());
        QTest::qWait(20);
        QCOMPARE(asked.size(), 0);
        m_window->showPage(MainWindow::Page::Inspect);
        QTRY_COMPARE(asked.size(), 1);
        // The newest run with adapters, not the newer full fine-tuning.
        QCOMPARE(asked[0][0].toString(), page().folder());
        QVERIFY(page().folder().contains(QStringLiteral("top quarter")));
        m_window->setInspection(example::inspection(page().folder()));
        m_window->showPage(MainWindow::Page::Compare);
        m_window->showPage(MainWindow::Page::Inspect);
        m_window->setRuns(example::runs());
        QTest::qWait(20);
        QCOMPARE(asked.size(), 1);
    }

    void theMapShowsEffectiveRanksAndTheChosenModulesSpectrum()
    {
        m_window->setRuns(example::runs());
        m_window->showPage(MainWindow::Page::Inspect);
        m_window->setInspection(example::inspection(page().folder()));
        SpectrumMap& map = page().map();
        const auto nameOf = [&](int module) { return map.modules()[size_t(module)].module.name; };
        // The module that moved most.
        QCOMPARE(nameOf(map.current()), std::string("bert.encoder.layer.3.attention.self.value"));
        QCOMPARE(map.cellText(map.current()), QStringLiteral("2.5"));
        QCOMPARE(page().spectrum().seriesCount(), 8);
        QCOMPARE(page().spectrum().series(7).raw().front().y, 4.0);
        QVERIFY(map.describe(0).contains(QStringLiteral("Effective rank 1 of 4")) ||
                map.describe(0).contains(QStringLiteral("Effective rank 1.00 of 4")));
        map.setQuantity(SpectrumMap::Quantity::RelativeChange);
        QVERIFY(map.cellText(map.current()).contains(u'%'));
        map.setFocus();
        QTest::keyClick(&map, Qt::Key_Down);
        QCOMPARE(nameOf(map.current()), std::string("bert.encoder.layer.2.attention.self.value"));
        QTest::keyClick(&map, Qt::Key_Left); // over the key, which was not adapted
        QCOMPARE(nameOf(map.current()), std::string("bert.encoder.layer.2.attention.self.query"));
        const int before = map.current();
        QTest::mouseClick(&map, Qt::LeftButton, {}, map.cellOf(1).center()); // a key: it did not change
        QCOMPARE(map.current(), before);
        QTest::mouseClick(&map, Qt::LeftButton, {}, map.cellOf(0).center());
        QCOMPARE(map.current(), 0);
    }

    void theRankCurveIsComputedOnDemandAndMarksTheRankThatWouldHaveBeenEnough()
    {
        m_window->setRuns(example::runs());
        m_window->showPage(MainWindow::Page::Inspect);
        const QString folder = page().folder();
        QSignalSpy asked(m_window.get(), &MainWindow::rankCurveRequested);
        QSignalSpy stopped(m_window.get(), &MainWindow::rankCurveStopRequested);
        QTest::mouseClick(page().curve().computeButton(), Qt::LeftButton);
        QCOMPARE(asked.size(), 1);
        QCOMPARE(asked[0][0].toString(), folder);
        QVERIFY(!page().curve().computeButton()->isEnabled());
        m_window->setRankCurveProgress({2, 4, 1});
        m_window->setRankCurve(example::rankCurve(folder));
        QVERIFY(page().curve().computeButton()->isEnabled());
        QCOMPARE(page().curve().recommendation(), QStringLiteral("Rank 2 would have been enough."));
        QCOMPARE(page().curve().plot().seriesCount(), 2);
        QCOMPARE(page().curve().plot().series(1).raw().front(), (PlotPoint{rankPosition(2), 0.861}));
        const QStringList lines = page().curve().plot().csv().split(u'\n');
        QCOMPARE(lines[0],
                 QStringLiteral("rank the adapters are truncated to,accuracy,accuracy low,accuracy high,"
                                "this would have been enough"));
        QCOMPARE(lines[3], QStringLiteral("2,0.861,0.85,0.872,0.861"));
        // It stays with its run.
        page().choose(QStringLiteral("/runs/20260101-120010-demo r=1"));
        QCOMPARE(page().curve().recommendation(), QString());
        page().choose(folder);
        QVERIFY(!page().curve().recommendation().isEmpty());
        QTest::mouseClick(page().curve().computeButton(), Qt::LeftButton);
        m_window->setRankCurveEnd(folder, {}, {});
        QVERIFY(page().curve().computeButton()->isEnabled());
        QCOMPARE(stopped.size(), 0);
    }

    void directionsAreComparedWithAnotherRunOfTheModelWhenAskedFor()
    {
        QSignalSpy asked(m_window.get(), &MainWindow::overlapRequested);
        m_window->setRuns(example::runs());
        m_window->showPage(MainWindow::Page::Inspect);
        const QString folder = page().folder();
        m_window->setInspection(example::inspection(folder));
        QVERIFY(!page().otherRun().isVisible());
        page().quantity().setCurrentIndex(2);
        QVERIFY(page().otherRun().isVisible());
        QCOMPARE(page().otherRun().findData(folder), -1);
        QCOMPARE(page().otherRun().findData(QStringLiteral("/runs/20260101-120014-demo full")), -1);
        QTRY_COMPARE(asked.size(), 1);
        const QString other = page().otherRun().currentData().toString();
        QCOMPARE(asked[0], (QVariantList{folder, other}));
        SpectrumMap& map = page().map();
        QCOMPARE(map.cellText(0), QString());
        RunOverlap overlap{folder, other, {}};
        overlap.modules.push_back({map.modules()[0].module.name, 4, 16, 0.75, 0.004, 0.5, 0.06, 0.25, 0.05});
        m_window->setOverlap(overlap);
        QCOMPARE(map.cellText(0), QStringLiteral("0.75"));
        QVERIFY(map.describe(0).contains(QStringLiteral("rank 4 and 16 read 0.50 (0.060), written 0.25")));
        QVERIFY2(page().note().contains(QStringLiteral("0.75 on average (by chance 0.0040), 1 module")),
                 qPrintable(page().note()));
        // Kept with its pair.
        page().otherRun().setCurrentIndex(page().otherRun().currentIndex() == 0 ? 1 : 0);
        QCOMPARE(map.cellText(0), QString());
        QTRY_COMPARE(asked.size(), 2);
        m_window->setOverlapProblem(folder, page().otherRun().currentData().toString(),
                                    QStringLiteral("no module was trained in both runs"), {});
        QCOMPARE(page().note(), QStringLiteral("no module was trained in both runs"));
        page().otherRun().setCurrentIndex(page().otherRun().findData(other));
        QCOMPARE(map.cellText(0), QStringLiteral("0.75"));
        QTest::qWait(20);
        QCOMPARE(asked.size(), 2);
        page().quantity().setCurrentIndex(0);
        QVERIFY(!page().otherRun().isVisible());
        QVERIFY(page().note().contains(QStringLiteral("linear modules changed")));
        // Full fine-tuning has no directions of few.
        page().quantity().setCurrentIndex(2);
        page().choose(QStringLiteral("/runs/20260101-120014-demo full"));
        m_window->setInspection(example::inspection(page().folder()));
        QVERIFY(!page().otherRun().isVisible());
        QVERIFY(page().note().contains(QStringLiteral("two LoRA runs of one model")));
    }

    void fullFineTuningHasNoRankToTruncate()
    {
        m_window->setRuns(example::runs());
        page().choose(QStringLiteral("/runs/20260101-120014-demo full"));
        QVERIFY(page().folder().endsWith(QStringLiteral("full")));
        QVERIFY(!page().curve().computeButton()->isEnabled());
    }

    void whatCheckedRunsSayStandsUnderTheTableAndLateAnswersAreDropped()
    {
        QSignalSpy asked(m_window.get(), &MainWindow::conclusionRequested);
        m_window->setRuns(example::runs());
        QCOMPARE(asked.size(), 1);
        ComparisonConclusion conclusion;
        for (const auto& run : compare().table().checkedRuns())
            conclusion.folders.push_back(run->folder.string());
        conclusion.sentence = QStringLiteral("rank 4 is within noise of full fine-tuning.");
        ComparisonConclusion late = conclusion;
        late.folders.pop_back();
        m_window->setConclusion(late);
        QCOMPARE(compare().conclusion(), QString());
        m_window->setConclusion(conclusion);
        QCOMPARE(compare().conclusion(), conclusion.sentence);
        m_window->setRuns(example::runs());
        QCOMPARE(asked.size(), 1); // the same runs say the same
        compare().table().setChecked(0, false);
        QCOMPARE(asked.size(), 2);
        QCOMPARE(compare().conclusion(), QString());
    }

    void qualityStandsOverRanksWithIntervalsAndOverCostsWithTheParetoFront()
    {
        m_window->setRuns(example::runs());
        TimeSeriesPlot& plot = compare().quality();
        const QString ranks = plot.csv();
        QVERIFY2(ranks.startsWith(QStringLiteral("rank,")), qPrintable(ranks));
        QVERIFY(ranks.contains(QStringLiteral("\n16,")));
        ComparisonConclusion conclusion;
        conclusion.metric = "accuracy";
        for (const auto& run : compare().table().checkedRuns()) {
            conclusion.folders.push_back(run->folder.string());
            conclusion.groups.push_back({{run->folder.string()}, 0.86, {{0.84, 0.88}}});
        }
        m_window->setConclusion(conclusion);
        QVERIFY(plot.csv().contains(QStringLiteral(",0.84,0.88")));
        compare().setQualityAxis(2); // compute
        const int series = plot.seriesCount();
        // Five runs, the front and its knee: 0.842 at 0.41 saves most of what costs bring.
        QVERIFY2(series == 6 || series == 7, qPrintable(QString::number(series)));
        QCOMPARE(plot.series(5).size(), std::size_t(4)); // r=1 at 0.64 is beaten by the top quarter
    }

    void measuredStepsTakeTheEstimatesPlaceUntilTheExperimentChanges()
    {
        m_window->setModelSummary(example::bert(4));
        m_window->setDatasetPreview(example::sentiment());
        m_window->setCostReport(example::cost());
        QVERIFY(costs().text().contains(u'≈'));
        QSignalSpy asked(m_window.get(), &MainWindow::measureRequested);
        QSignalSpy stopped(m_window.get(), &MainWindow::measureStopRequested);
        QTest::mouseClick(costs().measureButton(), Qt::LeftButton);
        QCOMPARE(asked.size(), 1);
        m_window->setMeasureProgress(3, 17);
        QVERIFY(costs().measureButton()->text().contains(QStringLiteral("3 of 17")));
        const ExperimentConfig experiment = m_window->experiment();
        m_window->setMeasuredCost(experiment, example::measured());
        QVERIFY2(costs().text().contains(QStringLiteral("Time per step, measured: −50 %")),
                 qPrintable(costs().text()));
        QVERIFY(!costs().text().contains(u'≈'));
        auto& editor = m_window->findChild<SetupPage*>()->editor();
        editor.edit(QStringLiteral("r"), [](ExperimentConfig& e) { e.method.lora.r = 4; });
        QVERIFY(!costs().text().contains(QStringLiteral("measured:")));
        QVERIFY(costs().text().contains(u'≈'));
        m_window->setMeasuredCost(experiment, example::measured()); // too late
        QVERIFY(!costs().text().contains(QStringLiteral("measured:")));
        // A change ends a measurement under way.
        QTest::mouseClick(costs().measureButton(), Qt::LeftButton);
        editor.edit(QStringLiteral("r"), [](ExperimentConfig& e) { e.method.lora.r = 2; });
        QCOMPARE(stopped.size(), 1);
        m_window->setMeasureEnd({}, {});
        QVERIFY(!costs().isMeasuring());
        m_window->setRunState(RunState::Running);
        QVERIFY(!costs().measureButton()->isEnabled());
        m_window->setRunState(RunState::Idle);
        QVERIFY(costs().measureButton()->isEnabled());
    }
};

QTEST_MAIN(InspectTest)
#include "inspect_test.moc"
