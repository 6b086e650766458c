#include "ui/pages/try_page.h"

#include "example_values.h"
#include "ui/try/answer_pane.h"
#include "ui/try/generated_text.h"
#include "ui/try/generation_form.h"
#include "ui/try/marked_text.h"
#include "ui/try/source_card.h"
#include "ui/try/try_input.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/bar_chart.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

using namespace lora;
using namespace lora::ui;

Q_DECLARE_METATYPE(lora::ui::TryQuestion)
Q_DECLARE_METATYPE(lora::ui::TrySource)

class TryTest : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<TryPage> m_page;
    std::unique_ptr<QSignalSpy> m_models;
    std::unique_ptr<QSignalSpy> m_questions;

    QSlider& slider(const QString& name)
    {
        for (QSlider* each : m_page->findChildren<QSlider*>()) {
            if (each->accessibleName() == name)
                return *each;
        }
        qFatal("no such slider");
    }
    AccentButton& askButton() { return *m_page->findChild<AccentButton*>(); }
    QPushButton& stopButton()
    {
        for (QPushButton* each : m_page->findChildren<QPushButton*>()) {
            if (each->text() == QStringLiteral("S&top"))
                return *each;
        }
        qFatal("no stop button");
    }
    TryQuestion lastQuestion() { return m_questions->last().first().value<TryQuestion>(); }
    /// Opens a folder that turns out to be a model of this task.
    void open(TaskType task, std::vector<std::string> labels = {}, bool hasAdapter = true)
    {
        m_page->openFolder(QStringLiteral("/models/m%1").arg(int(task)));
        TryModel model;
        model.source = m_models->last().first().value<TrySource>();
        model.task = task;
        model.labels = std::move(labels);
        model.hasAdapter = hasAdapter;
        model.mask = "[MASK]";
        m_page->setModel(model);
    }
    void type(const QString& text, const QString& pair = {})
    {
        m_page->input().setTexts(text, pair);
        QTRY_VERIFY(!m_questions->isEmpty() && lastQuestion().text == text.toStdString());
    }

private slots:
    void initTestCase()
    {
        qRegisterMetaType<TryQuestion>();
        qRegisterMetaType<TrySource>();
    }

    void init()
    {
        m_page = std::make_unique<TryPage>();
        m_models = std::make_unique<QSignalSpy>(m_page.get(), &TryPage::modelRequested);
        m_questions = std::make_unique<QSignalSpy>(m_page.get(), &TryPage::questionAsked);
        m_page->resize(1200, 760);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
    }

    void cleanup()
    {
        m_models.reset();
        m_questions.reset();
        m_page.reset();
    }

    void withNothingToTryThePageSaysWhatWillBe()
    {
        QVERIFY(m_models->isEmpty());
        QVERIFY(m_page->adapted().message().contains(QStringLiteral("paused")));
        QVERIFY(!m_page->input().isVisible());
        QVERIFY(!askButton().isVisible());
    }

    void theNewestFinishedRunIsOpenedWhenThePageIsSeen()
    {
        m_page->hide();
        m_page->setRuns(example::runs());
        QVERIFY(m_models->isEmpty());
        m_page->show();
        QCOMPARE(m_models->count(), 1);
        const auto source = m_models->last().first().value<TrySource>();
        QVERIFY(source.kind == TrySource::Kind::Run);
        QCOMPARE(source.path, example::runs().front()->folder.string());
        QVERIFY(!askButton().isEnabled());
    }

    void aBuiltInModelIsThereUntilThereIsARun()
    {
        m_page->setBuiltins({QStringLiteral("builtin:encoder"), QStringLiteral("builtin:decoder")});
        QCOMPARE(m_models->count(), 1);
        QCOMPARE(m_models->last().first().value<TrySource>().path, std::string("builtin:encoder"));
        m_page->setRuns(example::runs());
        QCOMPARE(m_models->count(), 2);
        QVERIFY(m_models->last().first().value<TrySource>().kind == TrySource::Kind::Run);
        m_page->openFolder(QStringLiteral("builtin:decoder"));
        QCOMPARE(m_models->last().first().value<TrySource>().path, std::string("builtin:decoder"));
        m_page->setRuns(example::runs());
        QCOMPARE(m_models->count(), 3); // what the user chose stays
    }

    void aModelThatCannotBeOpenedSaysWhyAndAnotherCanBeChosen()
    {
        m_page->setRuns(example::runs());
        m_page->setModelProblem(QStringLiteral("weights are missing"), QStringLiteral("Train again."));
        QVERIFY(m_page->adapted().message().contains(QStringLiteral("weights are missing")));
        QVERIFY(m_page->adapted().message().contains(QStringLiteral("Train again.")));
        open(TaskType::SequenceClassification, {"no", "yes"});
        QVERIFY(askButton().isEnabled());
    }

    void aClassAnswersWhileOneTypesAsBarsOnOneScale()
    {
        open(TaskType::SequenceClassification, {"negative", "positive"});
        type(QStringLiteral("a fine plot"));
        QVERIFY(lastQuestion().comparesBase);
        QCOMPARE(lastQuestion().strength, 1.0);
        TryAnswer answer;
        answer.labels = {{"negative", 0.25}, {"positive", 0.75}};
        m_page->setAnswer(lastQuestion().id, TrySide::Adapted, answer);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("positive"));
        QCOMPARE(m_page->adapted().bars().rows().size(), std::size_t(2));
        QCOMPARE(m_page->adapted().bars().rows()[1].text, QStringLiteral("75.0 %"));
        QVERIFY(m_page->base().headline().isEmpty());
    }

    void answersToAnEarlierQuestionAreDropped()
    {
        open(TaskType::SequenceClassification, {"negative", "positive"});
        type(QStringLiteral("one"));
        const quint64 first = lastQuestion().id;
        type(QStringLiteral("two"));
        TryAnswer answer;
        answer.labels = {{"negative", 1}, {"positive", 0}};
        m_page->setAnswer(first, TrySide::Adapted, answer);
        QVERIFY(m_page->adapted().headline().isEmpty());
        m_page->setProblem(first, QStringLiteral("late"), {});
        QVERIFY(!m_page->adapted().message().contains(QStringLiteral("late")));
    }

    void theStrengthSliderAsksAgainAndNamesTheShare()
    {
        open(TaskType::SequenceClassification, {"a", "b"});
        type(QStringLiteral("text"));
        slider(QStringLiteral("Adapter strength")).setValue(40);
        QTRY_COMPARE(lastQuestion().strength, 0.4);
        QVERIFY(m_page->adapted().accessibleName().contains(QStringLiteral("40")));
    }

    void withoutAnAdapterThereIsNothingToCompare()
    {
        open(TaskType::SequenceClassification, {"a", "b"}, false);
        QVERIFY(!m_page->base().isVisible());
        QVERIFY(!slider(QStringLiteral("Adapter strength")).isVisible());
        type(QStringLiteral("text"));
        QVERIFY(!lastQuestion().comparesBase);
    }

    void theThresholdDecidesWhichOfSeveralLabelsHold()
    {
        open(TaskType::MultiLabelClassification, {"toxic", "rude", "threat"});
        type(QStringLiteral("text"));
        TryAnswer answer;
        answer.labels = {{"toxic", 0.9}, {"rude", 0.6}, {"threat", 0.1}};
        m_page->setAnswer(lastQuestion().id, TrySide::Adapted, answer);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("toxic, rude"));
        slider(QStringLiteral("Threshold")).setValue(70);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("toxic"));
        slider(QStringLiteral("Threshold")).setValue(95);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("no label"));
    }

    void aRegressionAnswersWithANumber()
    {
        open(TaskType::Regression);
        type(QStringLiteral("A dog runs."), QStringLiteral("A dog is running."));
        QCOMPARE(lastQuestion().pair, std::string("A dog is running."));
        TryAnswer answer;
        answer.value = 4.1234;
        m_page->setAnswer(lastQuestion().id, TrySide::Adapted, answer);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("4.123"));
    }

    void entitiesAreMarkedWhereTheyStandAndNamed()
    {
        open(TaskType::TokenClassification, {"O", "B-PER", "I-PER", "B-LOC"});
        const QString text = QStringLiteral("Zoë 😀 met Ada Lovelace in Rome.");
        type(text);
        TryAnswer answer;
        const int person = int(text.indexOf(QStringLiteral("Ada")));
        const int place = int(text.indexOf(QStringLiteral("Rome")));
        answer.marks = {{person, person + 12, "PER", 0.9}, {place, place + 4, "LOC", 0.8}};
        m_page->setAnswer(lastQuestion().id, TrySide::Adapted, answer);
        QCOMPARE(m_page->adapted().marked().toPlainText(),
                 QStringLiteral("Zoë 😀 met Ada Lovelace PER in Rome LOC."));
        QCOMPARE(m_page->adapted().marked().shownKinds(),
                 (std::vector<QString>{QStringLiteral("PER"), QStringLiteral("LOC")}));
        QTextCursor cursor(m_page->adapted().marked().document());
        cursor.setPosition(person + 1);
        QCOMPARE(cursor.charFormat().background().color(), entityColor(0, m_page->palette()));
        cursor.setPosition(2);
        QCOMPARE(cursor.charFormat().background().style(), Qt::NoBrush);
    }

    void marksThatDoNotFitTheTextAreLeftOut()
    {
        MarkedText view;
        view.setMarks(QStringLiteral("short"),
                      {{-3, 2, "A", 1}, {0, 2, "A", 1}, {1, 3, "A", 1}, {4, 9, "A", 1}},
                      {QStringLiteral("A")});
        QCOMPARE(view.toPlainText(), QStringLiteral("sh Aort"));
    }

    void anAnswerIsHighlightedInItsPassage()
    {
        open(TaskType::QuestionAnswering);
        m_page->input().setTexts(QStringLiteral("Who?"), {});
        QTest::qWait(350);
        QVERIFY(m_questions->isEmpty()); // a question alone is not enough
        const QString passage = QStringLiteral("It was Ada who wrote it.");
        type(QStringLiteral("Who?"), passage);
        TryAnswer answer;
        answer.marks = {{7, 10, "", 0.83}};
        m_page->setAnswer(lastQuestion().id, TrySide::Adapted, answer);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("Ada"));
        QCOMPARE(m_page->adapted().marked().toPlainText(), passage);
        QVERIFY(m_page->adapted().status().contains(QStringLiteral("0.83")));
        m_page->setAnswer(lastQuestion().id, TrySide::Base, TryAnswer{});
        QVERIFY(m_page->base().headline().contains(QStringLiteral("no answer")));
    }

    void aHiddenWordIsGuessedOnlyWhereThereIsAMask()
    {
        open(TaskType::MaskedLm);
        m_page->input().setTexts(QStringLiteral("The soup was."), {});
        QTRY_VERIFY(m_page->adapted().message().contains(QStringLiteral("[MASK]")));
        QVERIFY(m_questions->isEmpty());
        type(QStringLiteral("The soup was [MASK]."));
        TryAnswer answer;
        answer.maskFills = {{{"cold", 0.5}, {"warm", 0.25}}};
        m_page->setAnswer(lastQuestion().id, TrySide::Adapted, answer);
        QCOMPARE(m_page->adapted().headline(), QStringLiteral("cold"));
        QCOMPARE(m_page->adapted().bars().rows()[1].label, QStringLiteral("warm"));
    }

    void aTextIsWrittenOnDemandStreamsAndCanBeStopped()
    {
        open(TaskType::CausalLm);
        m_page->input().setTexts(QStringLiteral("Once"), {});
        QTest::qWait(350);
        QVERIFY(m_questions->isEmpty());
        QSignalSpy stops(m_page.get(), &TryPage::stopRequested);
        m_page->generation().findChild<QDoubleSpinBox*>()->setValue(0);
        QTest::mouseClick(&askButton(), Qt::LeftButton);
        QCOMPARE(m_questions->count(), 1);
        QCOMPARE(lastQuestion().generation.temperature, 0.0);
        QVERIFY(!askButton().isEnabled());
        QVERIFY(stopButton().isEnabled());
        const quint64 id = lastQuestion().id;
        m_page->addText(id, TrySide::Base, QStringLiteral(" upon"));
        m_page->addText(id, TrySide::Base, QStringLiteral(" a time"));
        QCOMPARE(m_page->base().generated().toPlainText(), QStringLiteral("Once upon a time"));
        QCOMPARE(m_page->adapted().generated().toPlainText(), QStringLiteral("Once"));
        QTest::mouseClick(&stopButton(), Qt::LeftButton);
        QCOMPARE(stops.count(), 1);
        m_page->setEnd(id, TrySide::Base, {TryEnd::Reason::Cancelled, 3, 0.1});
        m_page->setEnd(id, TrySide::Adapted, {TryEnd::Reason::Cancelled, 0, 0});
        QVERIFY(m_page->base().status().contains(QStringLiteral("stopped")));
        QVERIFY(askButton().isEnabled());
        QVERIFY(!stopButton().isEnabled());
    }

    void aPromptIsWrittenPlainAsAnInstructionOrAsAChat()
    {
        open(TaskType::SequenceClassification, {"a", "b"});
        QVERIFY(!m_page->input().styleField()->isVisible());
        open(TaskType::CausalLm);
        TryInput& input = m_page->input();
        QVERIFY(input.styleField()->isVisible());
        QVERIFY(!input.pairField()->isVisible());
        input.setTexts(QStringLiteral("List the towns."), QStringLiteral("A train to Glenport"));
        m_page->ask();
        QVERIFY(lastQuestion().style == PromptStyle::Plain);
        QCOMPARE(lastQuestion().pair, std::string());
        input.styleField()->setCurrentIndex(1);
        QVERIFY(input.pairField()->isVisible());
        m_page->ask();
        QVERIFY(lastQuestion().style == PromptStyle::Instruction);
        QCOMPARE(lastQuestion().pair, std::string("A train to Glenport"));
        m_page->addText(lastQuestion().id, TrySide::Adapted, QStringLiteral("Glenport"));
        QCOMPARE(m_page->adapted().generated().toPlainText(),
                 QStringLiteral("List the towns.\nA train to Glenport\n\nGlenport"));
        input.styleField()->setCurrentIndex(2);
        QVERIFY(!input.pairField()->isVisible());
        m_page->ask();
        QVERIFY(lastQuestion().style == PromptStyle::Chat);
        QCOMPARE(lastQuestion().pair, std::string());
    }

    void thePromptIsMutedAndTheContinuationIsNot()
    {
        GeneratedText view;
        view.setPrompt(QStringLiteral("Once"));
        view.append(QStringLiteral(" upon"));
        QTextCursor cursor(view.document());
        cursor.setPosition(2);
        const QColor prompt = cursor.charFormat().foreground().color();
        cursor.setPosition(7);
        QVERIFY(prompt != cursor.charFormat().foreground().color());
        QCOMPARE(cursor.charFormat().foreground().color(), view.palette().color(QPalette::Text));
    }

    void controlReturnAsks()
    {
        open(TaskType::CausalLm);
        m_page->input().setTexts(QStringLiteral("Once"), {});
        QTest::keyClick(m_page->input().textField(), Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(m_questions->count(), 1);
        // The window's own shortcut of these keys starts a run.
        QKeyEvent claim(QEvent::ShortcutOverride, Qt::Key_Return, Qt::ControlModifier);
        claim.ignore();
        QCoreApplication::sendEvent(m_page->input().textField(), &claim);
        QVERIFY(claim.isAccepted());
        QCOMPARE(m_questions->count(), 1);
    }

    void untilTheUserChoosesTheRunThatEndedLastIsTried()
    {
        auto runs = example::runs();
        m_page->setRuns({runs.begin() + 1, runs.end()});
        const auto earlier = m_models->last().first().value<TrySource>();
        m_page->setRuns(runs);
        const auto latest = m_models->last().first().value<TrySource>();
        QCOMPARE(latest.path, runs.front()->folder.string());
        QVERIFY(earlier.path != latest.path);
        m_page->source().choose(earlier);
        m_page->setRuns(runs);
        QCOMPARE(m_page->source().source().path, earlier.path);
    }

    void aPausedRunOffersItsPresentWeightsUntilItGoesOn()
    {
        m_page->setRunStart(QStringLiteral("mine"), QStringLiteral("/runs/mine"));
        m_page->setRunState(RunState::Running);
        QVERIFY(m_models->isEmpty());
        m_page->setRunState(RunState::Paused);
        QCOMPARE(m_models->count(), 1);
        const auto source = m_models->last().first().value<TrySource>();
        QVERIFY(source.kind == TrySource::Kind::Live);
        TryModel model;
        model.source = source;
        model.labels = {"a", "b"};
        m_page->setModel(model);
        QVERIFY(askButton().isEnabled());
        m_page->setRunState(RunState::Running);
        QVERIFY(!m_page->source().hasSource());
        m_page->setRunState(RunState::Paused);
        QCOMPARE(m_models->count(), 2); // its weights are others now
    }

    void aFoldersTaskCanBeChosen()
    {
        m_page->openFolder(QStringLiteral("/models/one"));
        QVERIFY(!m_models->last().first().value<TrySource>().task);
        const auto combos = m_page->source().findChildren<QComboBox*>();
        auto* task = *std::find_if(combos.begin(), combos.end(), [](QComboBox* each) {
            return each->accessibleName() == QStringLiteral("Task");
        });
        task->setCurrentIndex(task->findData(int(TaskType::CausalLm)));
        emit task->activated(task->currentIndex());
        QVERIFY(m_models->last().first().value<TrySource>().task == TaskType::CausalLm);
    }
};

QTEST_MAIN(TryTest)
#include "try_test.moc"
