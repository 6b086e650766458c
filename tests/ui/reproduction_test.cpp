// The test of the article's claims in the window: its form, its planning and its evidence on Report.
#include "example_values.h"
#include "ui/main_window.h"
#include "ui/pages/report_page.h"
#include "ui/reproduce/file_field.h"
#include "ui/reproduce/reproduction_form.h"
#include "ui/reproduce/reproduction_page.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/run_bar.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace lora;
using namespace lora::ui;

class ReproductionTest : public QObject
{
    Q_OBJECT

private:
    static ReproductionDefaults defaults() { return example::reproductionDefaults(); }
    static bool isShown(const QWidget& widget, const QString& text)
    {
        for (const QLabel* label : widget.findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(text))
                return true;
        return false;
    }
    static const ReproductionQuestion asked(const QSignalSpy& spy)
    {
        return spy.last().first().value<ReproductionQuestion>();
    }
    static PlannedReproduction planFor(quint64 ticket) { return example::plannedReproduction(ticket); }
    static KnownReproduction known(int done)
    {
        return {QStringLiteral("/reproductions/first"), QStringLiteral("2026-01-02 03:04, all claims"), done,
                21};
    }

private slots:
    void whatIsLeftEmptyIsLeftToTheUsual()
    {
        ReproductionForm form;
        form.setDefaults(defaults());
        QVERIFY(form.request() == ReproductionRequest());
        QVERIFY(form.issues().empty());
        QCOMPARE(form.rank().placeholderText(), QStringLiteral("8"));
        QCOMPARE(form.learningRate().placeholderText(), QStringLiteral("0.002"));
        QCOMPARE(form.seeds().placeholderText(), QStringLiteral("1, 2, 3"));
    }

    void everyFieldIsInTheRequest()
    {
        ReproductionForm form;
        form.setDefaults(defaults());
        QSignalSpy changed(&form, &ReproductionForm::changed);
        form.claim(QStringLiteral("topics")).setChecked(false);
        form.model().setPath(QStringLiteral(" /models/m "));
        form.train(QStringLiteral("sentiment")).setPath(QStringLiteral("/data/a.tsv"));
        form.eval(QStringLiteral("qa")).setPath(QStringLiteral("/data/q.json"));
        form.train(QStringLiteral("topics")).setPath(QStringLiteral("/data/unwanted.tsv"));
        form.seeds().setText(QStringLiteral("4, 5 6"));
        form.rank().setText(QStringLiteral("4"));
        form.epochs().setText(QStringLiteral("0.5"));
        form.learningRate().setText(QStringLiteral("1e-3"));
        form.fullLearningRate().setText(QStringLiteral("2e-5"));
        form.settings().setText(QStringLiteral("data.max_length=64  training.threads=1"));
        ReproductionRequest wanted;
        wanted.tasks = {"sentiment", "qa"};
        wanted.model = "/models/m";
        wanted.train = {{"sentiment", "/data/a.tsv"}};
        wanted.eval = {{"qa", "/data/q.json"}};
        wanted.seeds = {4, 5, 6};
        wanted.rank = 4;
        wanted.epochs = 0.5;
        wanted.learningRate = 1e-3;
        wanted.fullLearningRate = 2e-5;
        wanted.settings = {"data.max_length=64", "training.threads=1"};
        QVERIFY(form.request() == wanted);
        QVERIFY(form.issues().empty());
        QVERIFY(changed.count() >= 11);
    }

    void whatCannotBeReadIsAProblemOfItsField_data()
    {
        QTest::addColumn<QString>("seeds");
        QTest::addColumn<QString>("rank");
        QTest::addColumn<QString>("epochs");
        QTest::addColumn<QString>("settings");
        QTest::addColumn<QString>("field");
        const QString no;
        QTest::newRow("words as seeds") << "one" << no << no << no << "seeds";
        QTest::newRow("a seed twice") << "3, 3" << no << no << no << "seeds";
        QTest::newRow("rank zero") << no << "0" << no << no << "method.r";
        QTest::newRow("half a rank") << no << "1.5" << no << no << "method.r";
        QTest::newRow("no epochs") << no << no << "-1" << no << "training.num_train_epochs";
        QTest::newRow("no number") << no << no << "nan" << no << "training.num_train_epochs";
        QTest::newRow("no value") << no << no << no << "data.max_length"
                                  << "settings";
    }
    void whatCannotBeReadIsAProblemOfItsField()
    {
        QFETCH(QString, seeds);
        QFETCH(QString, rank);
        QFETCH(QString, epochs);
        QFETCH(QString, settings);
        QFETCH(QString, field);
        ReproductionForm form;
        form.setDefaults(defaults());
        form.seeds().setText(seeds);
        form.rank().setText(rank);
        form.epochs().setText(epochs);
        form.settings().setText(settings);
        const ConfigIssues issues = form.issues();
        QCOMPARE(issues.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(issues.front().field), field);
        QVERIFY(form.hasField(issues.front().field));
        form.setIssues(issues);
        form.show();
        QVERIFY(isShown(form, QString::fromStdString(issues.front().text)));
    }

    void withoutAClaimThereIsNothingToTest()
    {
        ReproductionForm form;
        form.setDefaults(defaults());
        for (const char* key : {"sentiment", "topics", "qa"})
            form.claim(QLatin1String(key)).setChecked(false);
        QCOMPARE(form.issues().size(), std::size_t{1});
        QVERIFY(form.hasField(form.issues().front().field));
    }

    void filesOfAClaimNotTestedAreNotAskedFor()
    {
        ReproductionForm form;
        form.setDefaults(defaults());
        form.show();
        QVERIFY(form.train(QStringLiteral("qa")).isVisible());
        form.claim(QStringLiteral("qa")).setChecked(false);
        QVERIFY(!form.train(QStringLiteral("qa")).isVisible());
        QVERIFY(form.train(QStringLiteral("topics")).isVisible());
    }

    void tabsLeadFromTopToBottom()
    {
        ReproductionPage page;
        page.setDefaults(defaults());
        page.show();
        QVERIFY(QTest::qWaitForWindowExposed(&page));
        page.form().claim(QStringLiteral("sentiment")).setFocus();
        const auto next = [&] {
            QTest::keyClick(page.focusWidget(), Qt::Key_Tab);
            return page.focusWidget();
        };
        QVERIFY(page.form().train(QStringLiteral("sentiment")).isAncestorOf(next()));
        QVERIFY(page.form().train(QStringLiteral("sentiment")).isAncestorOf(next())); // to browse
        QVERIFY(page.form().eval(QStringLiteral("sentiment")).isAncestorOf(next()));
        QVERIFY(page.form().eval(QStringLiteral("sentiment")).isAncestorOf(next()));
        QCOMPARE(next(), static_cast<QWidget*>(&page.form().claim(QStringLiteral("topics"))));
        page.form().settings().setFocus();
        QCOMPARE(next()->accessibleName(), QStringLiteral("Planned runs"));
    }

    void runsArePlannedOnlyWhileThePageIsSeenAndLateAnswersAreDropped()
    {
        ReproductionPage page;
        QSignalSpy plans(&page, &ReproductionPage::planRequested);
        page.setDefaults(defaults());
        QTest::qWait(400);
        QCOMPARE(plans.count(), 0);
        page.show();
        QVERIFY(plans.wait(2000));
        const auto early = asked(plans);
        page.form().rank().setText(QStringLiteral("4"));
        page.setPlan(planFor(early.ticket));
        QVERIFY(page.totals().isEmpty());
        QVERIFY(!page.startButton().isEnabled());
        QVERIFY(plans.wait(2000));
        QCOMPARE(asked(plans).request.rank, std::optional(4));
        page.setPlan(planFor(asked(plans).ticket));
        QVERIFY(page.startButton().isEnabled());
        QVERIFY(page.totals().contains(QStringLiteral("estimated")));
        QVERIFY(page.command().contains(QStringLiteral("reproduce")));
        page.form().rank().setText(QStringLiteral("5"));
        QVERIFY(!page.startButton().isEnabled());
        QVERIFY(page.command().isEmpty());
    }

    void problemsFoundInFilesStandBesideTheirFields()
    {
        ReproductionPage page;
        QSignalSpy plans(&page, &ReproductionPage::planRequested);
        page.setDefaults(defaults());
        page.show();
        QVERIFY(plans.wait(2000));
        PlannedReproduction plan;
        plan.ticket = asked(plans).ticket;
        plan.issues = {{"train.qa", Severity::Error, "there is no such file"},
                       {"data.columns", Severity::Error, "no such column"}};
        page.setPlan(plan);
        QVERIFY(isShown(page.form(), QStringLiteral("there is no such file")));
        QVERIFY(page.problems().contains(QStringLiteral("no such column")));
        QVERIFY(!page.problems().contains(QStringLiteral("there is no such file")));
        QVERIFY(!page.startButton().isEnabled());
    }

    void theWindowStartsATestAndCopiesItsCommand()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        MainWindow window(settings);
        window.setReproductionDefaults(defaults());
        window.show();
        window.showPage(MainWindow::Page::Report);
        auto* page = window.findChild<ReportPage*>();
        QSignalSpy plans(&window, &MainWindow::reproductionPlanRequested);
        QSignalSpy starts(&window, &MainWindow::reproductionRequested);
        page->showPlanner(true);
        QVERIFY(plans.wait(2000));
        window.setPlannedReproduction(planFor(asked(plans).ticket));
        emit page->planner().copyCommandRequested(page->planner().command());
        QCOMPARE(QGuiApplication::clipboard()->text(), page->planner().command());
        QTest::keyClick(&window, Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(starts.count(), 1);
        QVERIFY(!page->planner().startButton().isEnabled()); // until it has begun or failed
        window.setReproductionProblem(QStringLiteral("what"), QStringLiteral("hint"));
        QVERIFY(page->planner().startButton().isEnabled());
    }

    void escapeLeadsBackToTheReport()
    {
        ReportPage page;
        page.planner().setDefaults(defaults());
        page.show();
        page.showPlanner(true);
        QVERIFY(page.planner().isVisible());
        QTest::keyClick(&page.planner(), Qt::Key_Escape);
        QVERIFY(!page.planner().isVisible());
    }

    void theWindowSaysWhichRunOfWhichClaimIsMade()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        MainWindow window(settings);
        window.show();
        window.setReproductionBegun(known(2).folder);
        window.setReproductions({known(2)});
        window.setRunState(RunState::Preparing);
        window.setSweepPosition({3, 21, QStringLiteral("head alone seed 1"),
                                 QStringLiteral("text classification"), known(2).folder});
        RunStart start;
        start.totalSteps = 10;
        window.setRunStart(start, example::experiment("head alone", MethodType::Head, 8), QString());
        QVERIFY(isShown(*window.findChild<RunBar*>(), QStringLiteral("text classification, run 3 of 21")));
        auto* page = window.findChild<ReportPage*>();
        QVERIFY(page->progressText().contains(QStringLiteral("text classification, run 3 of 21")));
        SweepOutcome outcome;
        outcome.status = RunStatus::Stopped;
        outcome.reproduction = known(2).folder;
        outcome.done = 2;
        outcome.count = 21;
        window.setSweepOutcome(outcome);
        window.setRunState(RunState::Idle);
        QVERIFY(page->progressText().contains(QStringLiteral("19 are left")));
        QCOMPARE(window.page(), MainWindow::Page::Report);
    }

    void evidenceIsAskedForAgainWhenItHasGrown()
    {
        ReportPage page;
        QSignalSpy previews(&page, &ReportPage::previewRequested);
        page.show();
        page.setReproductions({known(2)});
        QTest::qWait(150);
        QCOMPARE(previews.count(), 0); // nobody asked to see it
        page.showEvidence(known(2).folder);
        QVERIFY(previews.wait(1000));
        const auto question = previews.last().first().value<ReportQuestion>();
        QCOMPARE(question.reproduction, known(2).folder);
        QVERIFY(question.runFolders.isEmpty());
        ReportPreview preview;
        preview.question = question;
        preview.html = QStringLiteral("<h2>Cannot be told yet</h2>");
        page.setPreview(preview);
        QVERIFY(page.previewText().startsWith(QStringLiteral("Cannot be told yet")));
        page.setReproductions({known(2)});
        QTest::qWait(150);
        QCOMPARE(previews.count(), 1);
        page.setReproductions({known(3)});
        QVERIFY(previews.wait(1000));
    }

    void anUnfinishedTestCanBeGoneOnWithWhenNothingRuns()
    {
        ReportPage page;
        page.setReproductions({known(2)});
        page.showEvidence(known(2).folder);
        page.show();
        auto* button = page.findChild<QPushButton*>(QStringLiteral("continue"));
        QVERIFY(button->isVisible() && button->isEnabled());
        page.setRunState(RunState::Running);
        QVERIFY(!button->isEnabled());
        page.setRunState(RunState::Idle);
        QSignalSpy continued(&page, &ReportPage::continueRequested);
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(continued.last().first().toString(), known(2).folder);
        page.setReproductions({known(21)});
        QVERIFY(!button->isVisible());
        QVERIFY(page.progressText().isEmpty());
    }

    void runsCheckedLaterAreShownInPlaceOfTheEvidence()
    {
        ReportPage page;
        page.setReproductions({known(21)});
        page.showEvidence(known(21).folder);
        auto* source = page.findChild<QComboBox*>(QStringLiteral("source"));
        QCOMPARE(source->currentData().toString(), known(21).folder);
        page.setRuns(example::runs());
        QCOMPARE(source->currentData().toString(), QString());
        source->setCurrentIndex(1);
        page.setRuns(example::runs()); // the same
        QCOMPARE(source->currentData().toString(), known(21).folder);
    }
};

QTEST_MAIN(ReproductionTest)
#include "reproduction_test.moc"
