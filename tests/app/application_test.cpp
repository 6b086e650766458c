// The whole program but for its main: window, threads and engine together.
#include "app/application.h"

#include "app/session/builtins.h"
#include "app/session/dataset_facts.h"
#include "app/session/tried_model.h"
#include "core/io/atomic_file.h"
#include "core/models/model_loader.h"
#include "core/runs/run_reader.h"
#include "core/train/checkpoint.h"
#include "tests/app/small_experiment.h"
#include "ui/main_window.h"
#include "ui/pages/try_page.h"
#include "ui/setup/module_grid.h"
#include "ui/try/answer_pane.h"
#include "ui/try/generated_text.h"
#include "ui/try/generation_form.h"
#include "ui/try/try_input.h"

#include <QSettings>
#include <QtTest>

#include <set>

#include <nlohmann/json.hpp>

using namespace lora;
using namespace lora::app;
using lora::ui::MainWindow;
using lora::ui::RunState;

namespace {

/// Golden models and real ones, which are not everywhere.
std::filesystem::path assetsFolder()
{
    const QByteArray folder = qgetenv("LORA_WORKBENCH_ASSETS");
    return folder.isEmpty() ? std::filesystem::path(LORA_WORKBENCH_SOURCE_DIR).parent_path() / "shared"
                            : std::filesystem::path(folder.toStdString());
}

constexpr int patience = 60000;    ///< milliseconds; sanitizers are slow
constexpr double endless = 100000; ///< epochs

/// A window of its own with its own runs.
struct Workbench
{
    test::TemporaryFolder home;
    QSettings settings{QString::fromStdString((home / "settings.ini").string()), QSettings::IniFormat};
    MainWindow window{settings};
    Application application{window, DataFolders::inside(home.path())};

    Workbench() { window.show(); }

    TrainingController& controller() { return application.controller(); }
    std::filesystem::path onlyRun() const
    {
        std::error_code none;
        const std::filesystem::directory_iterator runs(home / "runs", none);
        return runs == std::filesystem::directory_iterator{} ? std::filesystem::path{} : runs->path();
    }
};

/// Numbers of the steps a window is told about.
struct Steps
{
    std::int64_t last = 0;
    RunOutcome outcome;

    explicit Steps(TrainingController& controller)
    {
        QObject::connect(&controller, &TrainingController::stepsArrived,
                         [this](const std::vector<StepMetrics>& steps) { last = steps.back().step; });
        QObject::connect(&controller, &TrainingController::ended,
                         [this](const RunOutcome& ended) { outcome = ended; });
    }
};

} // namespace

class ApplicationTest : public QObject
{
    Q_OBJECT

private:
    test::SmallExperiment m_small;

private slots:
    void anOpenedExperimentIsDescribedPreviewedAndPriced()
    {
        Workbench bench;
        const auto file = m_small.folder() / "experiment.json";
        writeFileAtomically(file, toJson(m_small.config()).dump());
        QSignalSpy costs(&bench.application, &Application::costShown);
        bench.application.open(QString::fromStdString(file.string()));
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.experiment() == m_small.config(), patience);
        costs.clear();
        QTRY_VERIFY_WITH_TIMEOUT(!costs.isEmpty(), patience);
    }

    void whatTheProgramBringsIsPreviewedForItsTaskAndPriced_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("rows");
        QTest::addColumn<int>("task");
        QTest::newRow("classification") << "builtin:encoder"
                                        << "builtin:topics" << int(TaskType::SequenceClassification);
        QTest::newRow("questions") << "builtin:encoder"
                                   << "builtin:qa" << int(TaskType::QuestionAnswering);
        QTest::newRow("masked") << "builtin:encoder"
                                << "builtin:sentiment" << int(TaskType::MaskedLm);
        QTest::newRow("instructions") << "builtin:decoder"
                                      << "builtin:instructions" << int(TaskType::CausalLm);
    }

    void whatTheProgramBringsIsPreviewedForItsTaskAndPriced()
    {
        QFETCH(const QString, model);
        QFETCH(const QString, rows);
        QFETCH(const int, task);
        ExperimentConfig experiment = m_small.config();
        experiment.model = model.toStdString();
        experiment.task = static_cast<TaskType>(task);
        experiment.data = {};
        experiment.data.train = rows.toStdString();
        experiment.method.lora.targetModules = std::string("all-linear");
        const DatasetFacts facts = readDatasetFacts(experiment);
        QVERIFY2(facts.problem.empty(), facts.problem.c_str());
        QVERIFY(!facts.preview.rows.empty() && facts.preview.trainRows > 0);
        QVERIFY(
            std::any_of(facts.preview.tasks.begin(), facts.preview.tasks.end(), [&](const ui::TaskFit& fit) {
                return fit.task == experiment.task && fit.whyNot.empty();
            }));
        Workbench bench;
        QSignalSpy costs(&bench.application, &Application::costShown);
        const auto file = bench.home / "experiment.json";
        writeFileAtomically(file, toJson(experiment).dump());
        bench.application.open(QString::fromStdString(file.string()));
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.experiment() == experiment, patience);
        costs.clear();
        QTRY_VERIFY_WITH_TIMEOUT(!costs.isEmpty(), patience);
    }

    void rowsThatDoNotFitTheTaskAreShownRawWithWhatTheyLookLike()
    {
        ExperimentConfig experiment = m_small.config();
        experiment.data = {};
        experiment.data.train = "builtin:qa";
        experiment.task = TaskType::TokenClassification;
        const DatasetFacts facts = readDatasetFacts(experiment);
        QVERIFY(!facts.problem.empty());
        QVERIFY(!facts.preview.rows.empty());
        QVERIFY(facts.preview.tasks.front().task == TaskType::QuestionAnswering);
        QVERIFY(facts.preview.problems.front().severity == Severity::Error);
    }

    void aTrainingRunsToItsEndAndIsListed()
    {
        Workbench bench;
        Steps seen(bench.controller());
        QSignalSpy shown(&bench.application, &Application::runsShown);
        emit bench.window.startRequested(m_small.config(8));
        QVERIFY(bench.window.runState() == RunState::Preparing);
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Idle, patience);
        QVERIFY2(seen.outcome.status == RunStatus::Completed, seen.outcome.message.c_str());
        QCOMPARE(seen.last, std::int64_t{120});
        const auto record = readRun(bench.onlyRun());
        QCOMPARE(record->summary.outcome, std::string("completed"));
        QCOMPARE(record->steps.size(), std::size_t{120});
        QVERIFY(record->summary.best.at("accuracy") > 0.9);
        QVERIFY(std::filesystem::exists(bench.onlyRun() / "adapter/adapter_model.safetensors"));
        shown.clear();
        emit bench.window.runsRefreshRequested();
        QTRY_VERIFY_WITH_TIMEOUT(!shown.isEmpty(), patience);
    }

    void pausesResumesAndStops()
    {
        Workbench bench;
        Steps seen(bench.controller());
        emit bench.window.startRequested(m_small.config(endless));
        QTRY_VERIFY_WITH_TIMEOUT(seen.last > 3, patience);
        emit bench.window.pauseRequested();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Paused, patience);
        const std::int64_t before = seen.last;
        QTest::qWait(150);
        QCOMPARE(seen.last, before);
        emit bench.window.resumeRequested();
        QTRY_VERIFY_WITH_TIMEOUT(seen.last > before + 3, patience);
        emit bench.window.stopRequested();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Idle, patience);
        QVERIFY(seen.outcome.status == RunStatus::Stopped);
        QCOMPARE(readRun(bench.onlyRun())->steps.size(), static_cast<std::size_t>(seen.last));
    }

    void closingMidTrainingLeavesAWholeRunThatCanBeResumed()
    {
        Workbench bench;
        Steps seen(bench.controller());
        emit bench.window.startRequested(m_small.config(40));
        QTRY_VERIFY_WITH_TIMEOUT(seen.last > 3, patience);
        bench.window.close();
        QVERIFY(bench.window.isVisible()); // the step and the checkpoint come first
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isVisible(), patience);
        QVERIFY(bench.controller().state() == RunState::Idle);

        const std::filesystem::path run = bench.onlyRun();
        const auto record = readRun(run);
        const std::int64_t stoppedAt = record->summary.steps;
        QCOMPARE(record->summary.outcome, std::string("stopped"));
        QCOMPARE(record->steps.size(), static_cast<std::size_t>(stoppedAt));
        QCOMPARE(checkpointSteps(run).back(), stoppedAt);

        TrainingObserver quiet;
        TrainingControl control;
        const RunOutcome outcome = runExperiment({record->experiment, run, true}, quiet, control);
        QVERIFY(outcome.status == RunStatus::Completed);
        const auto resumed = readRun(run);
        QCOMPARE(resumed->steps.size(), std::size_t{600});
        for (std::size_t index = 0; index < resumed->steps.size(); ++index)
            QCOMPARE(resumed->steps[index].step, static_cast<std::int64_t>(index) + 1);
    }

    void leavingTheProgramMidTrainingWithoutClosingIsCleanToo()
    {
        const test::TemporaryFolder home;
        {
            QSettings settings(QString::fromStdString((home / "settings.ini").string()),
                               QSettings::IniFormat);
            MainWindow window(settings);
            Application application(window, DataFolders::inside(home.path()));
            Steps seen(application.controller());
            emit window.startRequested(m_small.config(endless));
            QTRY_VERIFY_WITH_TIMEOUT(seen.last > 3, patience);
        }
        const auto record = readRun(std::filesystem::directory_iterator(home / "runs")->path());
        QCOMPARE(record->summary.outcome, std::string("stopped"));
        QCOMPARE(record->summary.steps, static_cast<std::int64_t>(record->steps.size()));
    }

    void aTrainingThatCannotStartSaysWhy()
    {
        Workbench bench;
        Steps seen(bench.controller());
        ExperimentConfig experiment = m_small.config();
        experiment.data.train = (m_small.folder() / "nowhere.tsv").string();
        emit bench.window.startRequested(experiment);
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Idle, patience);
        QVERIFY(seen.outcome.status == RunStatus::Failed);
        QVERIFY(QString::fromStdString(seen.outcome.message).contains("nowhere.tsv"));
        QVERIFY(bench.onlyRun().empty());
    }

    void anExportIsWrittenAndChecked()
    {
        Workbench bench;
        Steps seen(bench.controller());
        emit bench.window.startRequested(m_small.config());
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Idle && seen.last > 0, patience);
        const auto target = bench.home / "adapter for others";
        emit bench.window.exportRequested(QString::fromStdString(bench.onlyRun().string()),
                                          QString::fromStdString(target.string()));
        QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(target / "adapter_config.json"), patience);
    }

    void aFinishedRunAnswersWithAndWithoutItsAdapter()
    {
        Workbench bench;
        Steps seen(bench.controller());
        emit bench.window.startRequested(m_small.config(8));
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Idle && seen.last > 0, patience);
        QSignalSpy opened(&bench.application.tries(), &TryDesk::opened);
        QSignalSpy failed(&bench.application.tries(), &TryDesk::openFailed);
        QSignalSpy answers(&bench.application.tries(), &TryDesk::answered);
        bench.window.showPage(MainWindow::Page::Try);
        QTRY_VERIFY_WITH_TIMEOUT(!opened.isEmpty() || !failed.isEmpty(), patience);
        QVERIFY2(failed.isEmpty(), failed.isEmpty() ? "" : qPrintable(failed[0][0].toString()));
        auto* page = bench.window.findChild<ui::TryPage*>();
        page->input().setTexts(QStringLiteral("the film was awful"), {});
        QTRY_COMPARE_WITH_TIMEOUT(answers.size(), 2, patience);
        QVERIFY(answers[0][1].value<ui::TrySide>() == ui::TrySide::Base);
        QCOMPARE(page->adapted().headline(), QStringLiteral("negative"));
        page->input().setTexts(QStringLiteral("a fine plot"), {});
        QTRY_COMPARE_WITH_TIMEOUT(page->adapted().headline(), QStringLiteral("positive"), patience);
    }

    void aPausedRunAnswersWithItsPresentWeightsAndGoesOnUnchanged()
    {
        Workbench bench;
        Steps seen(bench.controller());
        emit bench.window.startRequested(m_small.config(endless));
        QTRY_VERIFY_WITH_TIMEOUT(seen.last > 3, patience);
        emit bench.window.pauseRequested();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Paused, patience);
        QSignalSpy answers(&bench.application.tries(), &TryDesk::answered);
        bench.window.showPage(MainWindow::Page::Try);
        auto* page = bench.window.findChild<ui::TryPage*>();
        QTRY_VERIFY_WITH_TIMEOUT(page->input().isEnabled(), patience);
        page->input().setTexts(QStringLiteral("the film was awful"), {});
        QTRY_COMPARE_WITH_TIMEOUT(answers.size(), 2, patience);
        QVERIFY(!page->adapted().headline().isEmpty());
        const std::int64_t before = seen.last;
        emit bench.window.resumeRequested();
        QTRY_VERIFY_WITH_TIMEOUT(seen.last > before + 3, patience);
        // Moving weights answer nothing.
        QSignalSpy failed(&bench.application.tries(), &TryDesk::failed);
        ui::TryQuestion late;
        late.source.kind = ui::TrySource::Kind::Live;
        late.source.path = bench.onlyRun().string();
        late.text = "the film";
        bench.application.tries().ask(late);
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
        emit bench.window.stopRequested();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.runState() == RunState::Idle, patience);
    }

    void aFolderThatIsNoModelSaysSoOnTheTryPage()
    {
        Workbench bench;
        bench.window.tryFolder(QString::fromStdString(bench.home.path().string()));
        auto* page = bench.window.findChild<ui::TryPage*>();
        QTRY_VERIFY_WITH_TIMEOUT(page->adapted().message().contains(QStringLiteral("config.json")), patience);
    }

    void aDecoderWritesAtOnceCanBeStoppedAndRepeatsItself()
    {
        const auto folder = assetsFolder() / "assets/models/llama-stories260k";
        if (!std::filesystem::exists(folder / "config.json"))
            QSKIP("skipped: assets absent");
        Workbench bench;
        QSignalSpy texts(&bench.application.tries(), &TryDesk::textArrived);
        QSignalSpy ends(&bench.application.tries(), &TryDesk::textEnded);
        bench.window.tryFolder(QString::fromStdString(folder.string()));
        auto* page = bench.window.findChild<ui::TryPage*>();
        QTRY_VERIFY_WITH_TIMEOUT(page->input().isEnabled(), patience);
        page->generation().setSettings({40, 0, 0, 1, 1});
        page->input().setTexts(QStringLiteral("Once upon a time"), {});
        page->ask();
        QTRY_COMPARE_WITH_TIMEOUT(ends.size(), 1, patience);
        QVERIFY(!texts.isEmpty());
        const QString first = page->adapted().generated().continuation();
        QVERIFY2(first.startsWith(QStringLiteral(", there was")), qPrintable(first));
        page->ask();
        QTRY_COMPARE_WITH_TIMEOUT(ends.size(), 2, patience);
        QCOMPARE(page->adapted().generated().continuation(), first);
        page->generation().setSettings({100000, 1, 0, 1, 1});
        page->ask();
        texts.clear();
        QTRY_VERIFY_WITH_TIMEOUT(!texts.isEmpty(), patience);
        emit bench.window.tryStopRequested();
        QTRY_COMPARE_WITH_TIMEOUT(ends.size(), 3, patience);
    }

    void aBuiltInEncoderAnswersInTheTermsOfEveryTaskItHas()
    {
        for (const TaskType task : describeModel("builtin:encoder").tasks) {
            ui::TrySource source;
            source.path = "builtin:encoder";
            source.task = task;
            TriedModel model(source);
            ui::TryQuestion question;
            question.text =
                task == TaskType::MaskedLm ? "the film was [MASK] and the plot was [MASK]" : "who wrote it?";
            question.pair =
                task == TaskType::QuestionAnswering ? "it was written in the winter by a friend" : "";
            const ui::TryAnswer answer = answerOf(model, question, 1);
            const char* name = toString(task).data();
            QCOMPARE(model.described().task == task, true);
            QVERIFY2(!model.described().hasAdapter, name);
            const bool isClasses = task == TaskType::SequenceClassification;
            const bool isLabels = task == TaskType::MultiLabelClassification;
            QVERIFY2(answer.labels.empty() == !(isClasses || isLabels), name);
            QVERIFY2(answer.value.has_value() == (task == TaskType::Regression), name);
            QVERIFY2(answer.maskFills.size() == (task == TaskType::MaskedLm ? 2u : 0u), name);
            for (const ui::TextMark& mark : answer.marks)
                QVERIFY2(mark.begin >= 0 && mark.end > mark.begin &&
                             mark.end <= int(std::max(question.text.size(), question.pair.size())),
                         name);
            QVERIFY2(task != TaskType::QuestionAnswering || answer.marks.size() == 1, name);
            if (task != TaskType::MaskedLm)
                continue;
            for (const auto& fills : answer.maskFills)
                QVERIFY(fills.size() > 1 && fills[0].score >= fills[1].score);
        }
    }

    void theBuiltInDecoderSpeaksOfItsOwnAccord()
    {
        ui::TrySource source;
        source.path = "builtin:decoder";
        TriedModel model(source);
        QVERIFY(model.described().task == TaskType::CausalLm);
        ui::TryQuestion question;
        question.text = "Name a fruit";
        question.generation.maxNewTokens = 12;
        std::string text;
        const ui::TryEnd end =
            continuationOf(model, question, 1, {}, [&](const std::string& piece) { text += piece; });
        QVERIFY(end.tokens <= 12);
        QVERIFY(!text.empty() || end.reason == ui::TryEnd::Reason::StopToken);
        // The frame of an instruction is another prompt, and so is its input.
        question.generation.temperature = 0;
        std::set<std::string> texts;
        for (const auto& [style, input] : {std::pair{ui::PromptStyle::Plain, ""},
                                           {ui::PromptStyle::Instruction, ""},
                                           {ui::PromptStyle::Instruction, "The Windmill opens in June."},
                                           {ui::PromptStyle::Chat, ""}}) {
            question.style = style;
            question.pair = input;
            std::string made;
            continuationOf(model, question, 1, {}, [&](const std::string& piece) { made += piece; });
            QVERIFY(style == ui::PromptStyle::Plain || !made.starts_with(' '));
            texts.insert(made);
        }
        QCOMPARE(texts.size(), std::size_t(4));
        std::stop_source stopped;
        stopped.request_stop();
        const ui::TryEnd cut =
            continuationOf(model, question, 1, stopped.get_token(), [](const std::string&) {});
        QVERIFY(cut.reason == ui::TryEnd::Reason::Cancelled);
        QVERIFY(cut.tokens <= 1);
    }

    void everyFamilysFolderIsDescribedWithItsOwnModules()
    {
        const auto families = assetsFolder() / "golden/families";
        if (!std::filesystem::exists(families))
            QSKIP("skipped: assets absent");
        for (const auto& entry : std::filesystem::directory_iterator(families)) {
            const auto model = entry.path();
            const ModelSummary summary = describeFor(model.string(), TaskType::TokenClassification);
            const ui::ModuleGrid grid(summary.modules);
            const char* name = entry.path().filename().c_str();
            QVERIFY2(grid.blockCount() > 0 && grid.columns().size() >= 4, name);
            const auto ranks = ui::presetTargets(ui::TargetPreset::QueryValue, grid, {}, LoraConfig{});
            QVERIFY2(std::any_of(ranks.begin(), ranks.end(), [](int rank) { return rank > 0; }), name);
            LoraConfig lora;
            ui::writeTargets(summary.modules, ranks, lora);
            QVERIFY2(ui::decodeTargets(summary.modules, lora) == ranks, name);
        }
    }

    void anExperimentIsSavedAndOpensAgain()
    {
        Workbench bench;
        const QString file = QString::fromStdString((bench.home / "saved.json").string());
        emit bench.window.saveExperimentRequested(file, m_small.config());
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file), patience);
        QVERIFY(loadExperiment(file.toStdString()) == m_small.config());
    }
};

QTEST_MAIN(ApplicationTest)
#include "application_test.moc"
