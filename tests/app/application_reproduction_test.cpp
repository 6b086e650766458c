// The article's claims put to the test through the whole program: planned, priced, run, stopped, gone on
// with, its evidence shown and saved.
#include "app/application.h"

#include "core/io/atomic_file.h"
#include "tests/app/small_experiment.h"
#include "ui/main_window.h"
#include "ui/models/planned_runs_model.h"
#include "ui/pages/report_page.h"
#include "ui/reproduce/file_field.h"
#include "ui/reproduce/reproduction_form.h"
#include "ui/reproduce/reproduction_page.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/message_strip.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QtTest>

using namespace lora;
using namespace lora::app;
using lora::ui::MainWindow;
using lora::ui::RunState;

namespace {

constexpr int patience = 60000; ///< milliseconds; sanitizers are slow
constexpr int runs = 7;         ///< of one claim with one seed

struct Workbench
{
    explicit Workbench(const std::filesystem::path& home)
        : settings(QString::fromStdString((home / "settings.ini").string()), QSettings::IniFormat)
        , window(settings)
        , application(window, DataFolders::inside(home))
    {
        window.show();
        window.showPage(MainWindow::Page::Report);
    }

    ui::ReportPage& report() { return *window.findChild<ui::ReportPage*>(); }
    ui::ReproductionForm& form() { return report().planner().form(); }
    TrainingController& controller() { return application.controller(); }
    ui::MessageStrip& messages() { return *window.findChild<ui::MessageStrip*>(); }
    QPushButton& continueButton() { return *report().findChild<QPushButton*>("continue"); }

    /// Of sentiment analysis alone with a tiny model and one seed, until Start can be pressed.
    void plan(const ExperimentConfig& small)
    {
        report().showPlanner(true);
        form().claim("topics").setChecked(false);
        form().claim("qa").setChecked(false);
        form().model().setPath(QString::fromStdString(small.model));
        form().seeds().setText("7");
        form().rank().setText("2");
        form().epochs().setText("1");
        form().settings().setText("data.max_length=16 training.threads=1 training.max_steps=5");
        QTRY_COMPARE_WITH_TIMEOUT(report().planner().blockingReason(), QString(), patience);
    }

    void takeDataOf(const ExperimentConfig& small)
    {
        form().train("sentiment").setPath(QString::fromStdString(small.data.train));
        form().eval("sentiment").setPath(QString::fromStdString(*small.data.eval));
    }

    /// Stops in the third run.
    void runUntilTheThird()
    {
        const auto stopping = QObject::connect(&controller(), &TrainingController::sweepAdvanced,
                                               &controller(), [this](const ui::SweepPosition& at) {
                                                   if (at.run == 3)
                                                       QMetaObject::invokeMethod(
                                                           &controller(), [this] { controller().stop(); },
                                                           Qt::QueuedConnection);
                                               });
        QSignalSpy ends(&controller(), &TrainingController::sweepEnded);
        report().planner().start();
        QTRY_COMPARE_WITH_TIMEOUT(ends.count(), 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(controller().state(), RunState::Idle, patience);
        QObject::disconnect(stopping);
    }

    QSettings settings;
    MainWindow window;
    Application application;
};

} // namespace

class ApplicationReproductionTest : public QObject
{
    Q_OBJECT

private:
    test::SmallExperiment m_small;

private slots:
    void aClaimIsTestedOnBuiltInDataAndItsEvidenceSaved()
    {
        const test::TemporaryFolder home;
        Workbench bench(home.path());
        bench.plan(m_small.config());
        auto& planner = bench.report().planner();
        QCOMPARE(planner.runs().rowCount(), runs);
        QVERIFY(planner.totals().contains("7 runs"));
        QVERIFY(planner.command().contains("--tasks sentiment"));
        QSignalSpy positions(&bench.controller(), &TrainingController::sweepAdvanced);
        QTest::mouseClick(&planner.startButton(), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.page(), MainWindow::Page::Train, patience);
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.page(), MainWindow::Page::Report, patience);
        QCOMPARE(positions.count(), runs);
        QCOMPARE(positions.last().first().value<ui::SweepPosition>().title, QString("sentiment analysis"));
        const auto shown = [&] { return bench.report().previewText(); };
        QTRY_VERIFY_WITH_TIMEOUT(shown().contains("top-quarter no cache"), patience);
        QVERIFY(shown().contains("full fine-tuning"));
        QVERIFY(!shown().contains("are left"));

        const auto folder = bench.report().findChild<QComboBox*>("source")->currentData().toString();
        const std::filesystem::path path = folder.toStdString();
        QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(path / "evidence.json"), patience);
        QVERIFY(readFile(path / "evidence.md").find("top-quarter no cache") != std::string::npos);
        for (const char* ending : {"html", "md", "csv", "pdf"}) {
            const auto file = home / (std::string("evidence.") + ending);
            emit bench.report().saveRequested({.reproduction = folder},
                                              QString::fromStdString(file.string()));
            QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(file), patience);
        }
        QVERIFY(readFile(home / "evidence.html").ends_with("</html>\n"));
        QVERIFY(readFile(home / "evidence.pdf").starts_with("%PDF-"));
        const std::string csv = readFile(home / "evidence.csv");
        QCOMPARE(std::ranges::count(csv, '\n'), runs + 1);
    }

    void aStoppedTestIsGoneOnWithAfterARestart()
    {
        const test::TemporaryFolder home;
        {
            Workbench bench(home.path());
            bench.takeDataOf(m_small.config());
            bench.plan(m_small.config());
            bench.runUntilTheThird();
            QTRY_VERIFY_WITH_TIMEOUT(bench.report().previewText().contains("left"), patience);
            QVERIFY(bench.messages().text().contains("of 7 runs done"));
        }
        Workbench bench(home.path());
        auto* source = bench.report().findChild<QComboBox*>("source");
        QTRY_COMPARE_WITH_TIMEOUT(source->count(), 2, patience);
        source->setCurrentIndex(1);
        QVERIFY(bench.report().progressText().contains("of 7 runs are done"));
        QSignalSpy positions(&bench.controller(), &TrainingController::sweepAdvanced);
        QSignalSpy ends(&bench.controller(), &TrainingController::sweepEnded);
        QTest::mouseClick(&bench.continueButton(), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(ends.count(), 1, patience);
        QVERIFY(positions.count() >= 4 && positions.count() <= 5); // what was done is not done again
        const auto outcome = ends.first().first().value<ui::SweepOutcome>();
        QCOMPARE(outcome.done, runs);
        QCOMPARE(outcome.status, RunStatus::Completed);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.continueButton().isVisible(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(bench.report().previewText().contains("full fine-tuning"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.report().previewText().contains("are left"), patience);
    }

    void aTestWhoseDataChangedIsNotGoneOnWith()
    {
        const test::TemporaryFolder home;
        const test::SmallExperiment small;
        Workbench bench(home.path());
        bench.takeDataOf(small.config());
        bench.plan(small.config());
        bench.runUntilTheThird();
        small.folder().write("train.tsv", "sentence\tlabel\ngood\tpositive\nbad\tnegative\n");
        QTRY_VERIFY_WITH_TIMEOUT(bench.continueButton().isVisible(), patience);
        QTest::mouseClick(&bench.continueButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(bench.messages().isProblem(), patience);
        QVERIFY(bench.messages().text().contains("has changed"));
        QVERIFY(bench.controller().state() == RunState::Idle);
    }
};

QTEST_MAIN(ApplicationReproductionTest)
#include "application_reproduction_test.moc"
