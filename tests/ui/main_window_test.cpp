#include "example_values.h"
#include "ui/command_line.h"
#include "ui/demo_experiment.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/setup_page.h"
#include "ui/pages/train_page.h"
#include "ui/plots/time_series_plot.h"
#include "ui/setup/cost_panel.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/message_strip.h"
#include "ui/widgets/run_bar.h"

#include <QApplication>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace lora;
using namespace lora::ui;

class MainWindowTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<MainWindow> m_window;

    SetupPage& setup() { return *m_window->findChild<SetupPage*>(); }
    TrainPage& train() { return *m_window->findChild<TrainPage*>(); }
    void tellInputs()
    {
        m_window->setModelSummary(example::bert(4));
        m_window->setDatasetPreview(example::sentiment());
    }
    void drop(const QMimeData& mime)
    {
        QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(10, 10), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &event);
    }
    RunStart start() const
    {
        RunStart start;
        start.totalSteps = 100;
        start.primaryMetric = "accuracy";
        return start;
    }

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

    void aFirstStartShowsTheDemoReadyAndAsksForItsParts()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        MainWindow window(settings);
        QSignalSpy models(&window, &MainWindow::modelRequested);
        QSignalSpy data(&window, &MainWindow::datasetRequested);
        QSignalSpy costs(&window, &MainWindow::costRequested);
        QSignalSpy runs(&window, &MainWindow::runsRefreshRequested);
        QTRY_COMPARE(costs.size(), 1);
        QCOMPARE(models.size(), 1);
        QCOMPARE(models[0][0].toString(), QStringLiteral("builtin:encoder"));
        QCOMPARE(data.size(), 1);
        QCOMPARE(runs.size(), 1);
        QCOMPARE(window.experiment(), demoExperiment());
    }

    void everyChangeAsksForTheCostButNotForTheData()
    {
        tellInputs();
        QTest::qWait(100);
        QSignalSpy data(m_window.get(), &MainWindow::datasetRequested);
        QSignalSpy costs(m_window.get(), &MainWindow::costRequested);
        setup().editor().edit(QStringLiteral("r"), [](ExperimentConfig& e) { e.method.lora.r = 4; });
        setup().editor().edit(QStringLiteral("length"), [](ExperimentConfig& e) { e.data.maxLength = 32; });
        QTRY_COMPARE(costs.size(), 1);
        QCOMPARE(costs[0][0].value<ExperimentConfig>().method.lora.r, 4);
        QCOMPARE(data.size(), 0);
        setup().editor().edit(QStringLiteral("file"),
                              [](ExperimentConfig& e) { e.data.train = "other.tsv"; });
        QTRY_COMPARE(data.size(), 1);
    }

    void startSendsTheExperimentAsShown()
    {
        tellInputs();
        QSignalSpy starts(m_window.get(), &MainWindow::startRequested);
        QTest::mouseClick(setup().costPanel().findChild<AccentButton*>(), Qt::LeftButton);
        QCOMPARE(starts.size(), 1);
        QCOMPARE(starts[0][0].value<ExperimentConfig>(), m_window->experiment());
    }

    void anAnswerToAnEarlierQuestionIsDropped()
    {
        tellInputs();
        ModelSummary other = example::bert(2);
        other.path = "/models/other";
        m_window->setModelSummary(other);
        QVERIFY(m_settings->value(QStringLiteral("recent/models")).toStringList().isEmpty());
    }

    void aRunIsShownWhileItTrains()
    {
        tellInputs();
        m_window->setRunState(RunState::Preparing);
        QCOMPARE(m_window->page(), MainWindow::Page::Train);
        m_window->setRunStart(start(), m_window->experiment(), QStringLiteral("/runs/x"));
        m_window->setRunState(RunState::Running);
        std::mt19937 random(1);
        std::vector<StepMetrics> steps;
        for (int number = 1; number <= 50; ++number)
            steps.push_back(example::step(number, 0.2, random));
        m_window->addEvalMetrics(example::evaluation(0, 0.7, 0.5));
        m_window->addStepMetrics(steps);
        QCOMPARE(train().plots()[0]->series(0).size(), std::size_t(50));
        QCOMPARE(train().plots()[1]->series(0).raw()[0].y, 0.5);
        auto* bar = m_window->findChild<RunBar*>();
        QVERIFY(std::abs(bar->secondsLeft() - 50 * 0.033) < 1e-6);
        QSignalSpy pauses(m_window.get(), &MainWindow::pauseRequested);
        QSignalSpy resumes(m_window.get(), &MainWindow::resumeRequested);
        QSignalSpy stops(m_window.get(), &MainWindow::stopRequested);
        auto* pause = bar->findChildren<QToolButton*>().at(0);
        QTest::mouseClick(pause, Qt::LeftButton);
        QCOMPARE(pauses.size(), 1);
        m_window->setRunState(RunState::Paused);
        QTest::mouseClick(pause, Qt::LeftButton);
        QCOMPARE(resumes.size(), 1);
        QTest::mouseClick(bar->findChildren<QToolButton*>().at(1), Qt::LeftButton);
        QCOMPARE(stops.size(), 1);
    }

    void theNextRunStartsWithEmptyPlots()
    {
        m_window->setRunStart(start(), m_window->experiment(), QStringLiteral("/runs/a"));
        m_window->addEvalMetrics(example::evaluation(0, 0.7, 0.5));
        m_window->setRunStart(start(), m_window->experiment(), QStringLiteral("/runs/b"));
        for (TimeSeriesPlot* plot : train().plots())
            QVERIFY(plot->isEmpty());
    }

    void cursorAndZoomAreShared()
    {
        m_window->setRunStart(start(), m_window->experiment(), QStringLiteral("/runs/a"));
        std::mt19937 random(1);
        for (int number = 1; number <= 9; ++number)
            m_window->addStepMetrics({example::step(number, 0.2, random)});
        emit train().plots()[0]->cursorMoved(4.0);
        for (const std::size_t other : {2, 3, 4})
            QVERIFY(train().plots()[other]->readOut().contains(QStringLiteral("step 4")));
        emit train().plots()[3]->cursorMoved(std::nullopt);
        QVERIFY(train().plots()[0]->readOut().isEmpty());
    }

    void closingWhileTrainingAsksFirstAndThenCloses()
    {
        m_window->setRunState(RunState::Running);
        QSignalSpy closes(m_window.get(), &MainWindow::closeRequested);
        QVERIFY(!m_window->close());
        QCOMPARE(closes.size(), 1);
        QVERIFY(m_window->isVisible());
        m_window->closeNow();
        QVERIFY(!m_window->isVisible());
    }

    void aProblemStaysUntilDismissedAndOutlivesNotices()
    {
        auto* strip = m_window->findChild<MessageStrip*>();
        QVERIFY(!strip->isVisible());
        m_window->showProblem(QStringLiteral("No space left"), QStringLiteral("Free 3 MiB."));
        m_window->showNotice(QStringLiteral("hello"));
        QVERIFY(strip->text().contains(QStringLiteral("Free 3 MiB.")));
        QTest::mouseClick(strip->findChild<QToolButton*>(), Qt::LeftButton);
        QVERIFY(!strip->isVisible());
    }

    void aDroppedFileBecomesTheData()
    {
        QFile file(m_folder.filePath(QStringLiteral("rows.tsv")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(file.fileName())});
        drop(mime);
        QCOMPARE(QString::fromStdString(m_window->experiment().data.train), file.fileName());
        mime.setUrls({QUrl::fromLocalFile(m_folder.path())});
        drop(mime);
        QCOMPARE(QString::fromStdString(m_window->experiment().model), m_folder.path());
    }

    void theCommandLineRunsTheSameExperiment()
    {
        QCOMPARE(commandLine(demoExperiment(), QStringLiteral("/a b/x.json")),
                 QStringLiteral("lora-workbench-cli train '/a b/x.json'"));
        const QString text = commandLine(demoExperiment(), {});
        QVERIFY(text.startsWith(QStringLiteral("cat > demo-r-8.json <<'EXPERIMENT'\n{")));
        QVERIFY(text.endsWith(QStringLiteral("lora-workbench-cli train demo-r-8.json")));
        QVERIFY(text.contains(QStringLiteral("\"builtin:encoder\"")));
    }

    void nothingOverflowsAtTheSmallestSize()
    {
        tellInputs();
        m_window->setCostReport(example::cost());
        m_window->setRuns(example::runs());
        m_window->resize(1280, 800);
        for (const bool isSweepShown : {false, true}) {
            setup().showSweep(isSweepShown);
            QTest::qWait(50);
            for (auto* area : setup().findChildren<QScrollArea*>())
                QVERIFY(!area->isVisible() || area->horizontalScrollBar()->maximum() == 0);
        }
        QVERIFY2(m_window->minimumSizeHint().width() <= 1280,
                 qPrintable(QString::number(m_window->minimumSizeHint().width())));
        QVERIFY2(m_window->minimumSizeHint().height() <= 800,
                 qPrintable(QString::number(m_window->minimumSizeHint().height())));
    }

    void coloursFollowThePalette()
    {
        QVERIFY(!isDark(lightPalette()));
        QVERIFY(isDark(darkPalette()));
        QCOMPARE(rankColor(8, lightPalette()), rankColor(9, lightPalette()));
        QVERIFY(rankColor(8, lightPalette()) != rankColor(16, lightPalette()));
        QApplication::setPalette(darkPalette());
        QTest::qWait(80);
        QApplication::setPalette(lightPalette());
    }
};

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
