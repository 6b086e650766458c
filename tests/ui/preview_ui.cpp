// Usage: preview_ui FOLDER [light|dark]. Invented values: pictures from here show layout, not results.
#include "example_values.h"
#include "ui/demo_experiment.h"
#include "ui/inspect/rank_curve_pane.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/inspect_page.h"
#include "ui/pages/report_page.h"
#include "ui/pages/try_page.h"
#include "ui/reproduce/reproduction_form.h"
#include "ui/reproduce/reproduction_page.h"
#include "ui/theme/theme.h"
#include "ui/try/try_input.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QLineEdit>
#include <QPixmap>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace lora;
using namespace lora::ui;

Q_DECLARE_METATYPE(lora::ui::TryQuestion)

namespace {

void tellRun(MainWindow& window)
{
    RunStart start;
    start.totalSteps = 375;
    start.trainExamples = 4000;
    start.evalExamples = 800;
    start.primaryMetric = "accuracy";
    window.setRunState(RunState::Preparing);
    window.setRunStart(start, example::experiment("demo r=8", MethodType::Lora, 8),
                       QStringLiteral("/runs/demo"));
    window.setRunState(RunState::Running);
    std::mt19937 random(7);
    std::vector<StepMetrics> steps;
    for (int number = 1; number <= 262; ++number)
        steps.push_back(example::step(number, 0.2, random));
    window.addStepMetrics(steps);
    window.addEvalMetrics(example::evaluation(0, 0.696, 0.497));
    window.addEvalMetrics(example::evaluation(125, 0.41, 0.823));
    window.addEvalMetrics(example::evaluation(250, 0.36, 0.851));
}

/// A model folder that answers at once with what `answer` makes of the question.
void tellTry(MainWindow& window, TaskType task, const std::vector<std::string>& labels, const QString& text,
             const QString& pair, const TryAnswer& base, const TryAnswer& adapted)
{
    QSignalSpy asked(&window, &MainWindow::tryAsked);
    TryModel model;
    model.source.path = "/models/m" + std::to_string(int(task));
    window.tryFolder(QString::fromStdString(model.source.path));
    model.task = task;
    model.labels = labels;
    model.hasAdapter = true;
    model.mask = "[MASK]";
    window.setTryModel(model);
    auto* page = window.findChild<TryPage*>();
    page->input().setTexts(text, pair);
    page->ask();
    const quint64 id = asked.last().first().value<TryQuestion>().id;
    if (task == TaskType::CausalLm) {
        window.addTryText(id, TrySide::Base,
                          QStringLiteral(" there was a dog. The dog was a dog and the dog was in the park."));
        window.setTryEnd(id, TrySide::Base, {TryEnd::Reason::StopToken, 18, 0.21});
        window.addTryText(
            id, TrySide::Adapted,
            QStringLiteral(" a little girl named Lily found a small red boat by the river.\n\nShe "
                           "took it home and"));
        return;
    }
    window.setTryAnswer(id, TrySide::Base, base);
    window.setTryAnswer(id, TrySide::Adapted, adapted);
}

void tellTries(MainWindow& window, const std::function<void(const QString&)>& taken)
{
    TryAnswer base;
    TryAnswer adapted;
    base.labels = {{"negative", 0.52}, {"positive", 0.48}};
    adapted.labels = {{"negative", 0.04}, {"positive", 0.96}};
    base.seconds = adapted.seconds = 0.0042;
    tellTry(window, TaskType::SequenceClassification, {"negative", "positive"},
            QStringLiteral("a warm, funny and generous evening"), {}, base, adapted);
    taken(QStringLiteral("try-classes"));
    adapted.labels = {{"toxic", 0.91}, {"obscene", 0.62}, {"threat", 0.02}, {"insult", 0.55}, {"hate", 0.07}};
    base.labels = {{"toxic", 0.41}, {"obscene", 0.5}, {"threat", 0.45}, {"insult", 0.52}, {"hate", 0.48}};
    tellTry(window, TaskType::MultiLabelClassification, {"toxic", "obscene", "threat", "insult", "hate"},
            QStringLiteral("what a rude thing to say"), {}, base, adapted);
    taken(QStringLiteral("try-labels"));
    base.value = 2.31;
    adapted.value = 4.62;
    tellTry(window, TaskType::Regression, {}, QStringLiteral("A man plays a guitar."),
            QStringLiteral("Someone is playing a guitar."), base, adapted);
    taken(QStringLiteral("try-value"));
    adapted.marks = {
        {0, 12, "PER", 0.98}, {17, 32, "PER", 0.97}, {36, 42, "LOC", 0.99}, {53, 73, "ORG", 0.8}};
    base.marks = {{17, 24, "PER", 0.6}};
    tellTry(window, TaskType::TokenClassification,
            {"O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC"},
            QStringLiteral(
                "Ada Lovelace met Charles Babbage in London, where the Analytical Society was founded."),
            {}, base, adapted);
    taken(QStringLiteral("try-entities"));
    const QString passage = QStringLiteral(
        "The first program for a machine was written by Ada Lovelace in 1843, long before such "
        "a machine was built. It computed Bernoulli numbers.");
    adapted.marks = {{47, 59, "", 0.83}};
    base.marks.clear();
    tellTry(window, TaskType::QuestionAnswering, {}, QStringLiteral("Who wrote the first program?"), passage,
            base, adapted);
    taken(QStringLiteral("try-answer"));
    base.maskFills = {{{"good", 0.21}, {"cold", 0.12}, {"a", 0.08}, {"very", 0.05}, {"not", 0.03}}};
    adapted.maskFills = {{{"cold", 0.61}, {"warm", 0.12}, {"good", 0.08}, {"late", 0.05}, {"bland", 0.03}}};
    tellTry(window, TaskType::MaskedLm, {}, QStringLiteral("The soup was [MASK] and nobody cared."), {}, base,
            adapted);
    taken(QStringLiteral("try-mask"));
    tellTry(window, TaskType::CausalLm, {}, QStringLiteral("Once upon a time,"), {}, {}, {});
    taken(QStringLiteral("try-text"));
}

void tellSetup(MainWindow& window, const ModelSummary& model, const DatasetPreview& data, TaskType task)
{
    ExperimentConfig experiment = window.experiment();
    experiment.model = model.path;
    experiment.data.train = data.source;
    experiment.task = task;
    experiment.data.columns = {};
    experiment.method.lora.modulesToSave = {};
    experiment.method.lora.targetModules =
        model.isDecoder ? std::variant<std::vector<std::string>, std::string>(std::string("all-linear"))
                        : std::vector<std::string>{"query", "value"};
    window.setExperiment(experiment);
    window.setModelSummary(model);
    window.setDatasetPreview(data);
    window.setCostReport(example::cost());
}

void picture(MainWindow& window, const QString& file)
{
    QTest::qWait(250);
    window.grab().save(file);
}

void tellReproduction(MainWindow& window, const std::function<void(const QString&)>& taken)
{
    window.setRunState(RunState::Idle);
    window.showPage(MainWindow::Page::Report);
    window.setReproductionDefaults(example::reproductionDefaults());
    auto* page = window.findChild<ReportPage*>();
    QSignalSpy plans(&window, &MainWindow::reproductionPlanRequested);
    page->showPlanner(true);
    plans.wait(2000);
    window.setPlannedReproduction(
        example::plannedReproduction(plans.last().first().value<ReproductionQuestion>().ticket));
    taken(QStringLiteral("planner"));
    page->planner().form().seeds().setText(QStringLiteral("one"));
    page->planner().form().claim(QStringLiteral("topics")).setChecked(false);
    QTest::qWait(400);
    taken(QStringLiteral("planner-problems"));
    page->showPlanner(false);
    const QString folder = QStringLiteral("/reproductions/first");
    window.setReproductions({{folder, QStringLiteral("2026-01-02 03:04, all claims"), 5, 63}});
    window.setReproductionBegun(folder);
    taken(QStringLiteral("evidence-reading"));
}

void pictures(const QString& folder, const QString& look, const QSize& size)
{
    QTemporaryDir store;
    QSettings settings(store.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
    settings.setValue(QStringLiteral("window/appearance"), look);
    MainWindow window(settings);
    window.resize(size);
    window.show();
    const QString name = QStringLiteral("%1/%2-%3-").arg(folder, look).arg(size.width());
    QTest::qWait(50);
    picture(window, name + QStringLiteral("0-first.png"));
    window.showPage(MainWindow::Page::Train);
    picture(window, name + QStringLiteral("1-train-empty.png"));
    window.showPage(MainWindow::Page::Compare);
    picture(window, name + QStringLiteral("2-compare-empty.png"));
    window.showPage(MainWindow::Page::Try);
    picture(window, name + QStringLiteral("2-try-empty.png"));
    window.showPage(MainWindow::Page::Setup);
    window.setModelSummary(example::bert(4));
    window.setDatasetPreview(example::sentiment());
    window.setCostReport(example::cost());
    picture(window, name + QStringLiteral("3-setup.png"));
    window.setMeasuredCost(window.experiment(), example::measured());
    picture(window, name + QStringLiteral("3-setup-measured.png"));
    tellSetup(window, example::gpt2(12), example::instructions(), TaskType::CausalLm);
    picture(window, name + QStringLiteral("3-setup-gpt2.png"));
    tellSetup(window, example::llama(32), example::instructions(), TaskType::SequenceClassification);
    picture(window, name + QStringLiteral("3-setup-llama.png"));
    tellSetup(window, example::shared(), example::questions(), TaskType::QuestionAnswering);
    picture(window, name + QStringLiteral("3-setup-shared.png"));
    tellSetup(window, example::bert(4), example::entities(), TaskType::TokenClassification);
    picture(window, name + QStringLiteral("3-setup-entities.png"));
    window.setExperiment(demoExperiment());
    window.setModelSummary(example::bert(4));
    window.setDatasetPreview(example::sentiment());
    window.setCostReport(example::cost());
    for (auto* area : window.findChildren<QScrollArea*>())
        area->verticalScrollBar()->setValue(area->verticalScrollBar()->maximum());
    picture(window, name + QStringLiteral("4-setup-scrolled.png"));
    auto broken = window.experiment();
    broken.method.lora.targetModules = std::vector<std::string>{"nothing"};
    broken.data.maxLength = 4096;
    broken.training.learningRate = -1;
    window.setExperiment(broken);
    window.setModelSummary(example::bert(12, 768));
    window.setDatasetPreview(example::sentiment());
    window.setCostReport(example::cost());
    window.showProblem(QStringLiteral("model.safetensors ends after 1.20 MiB; its header promises 8.11 MiB."),
                       QStringLiteral("Copy or download the file again."));
    picture(window, name + QStringLiteral("5-setup-errors.png"));
    tellRun(window);
    window.showNotice(QStringLiteral("x"));
    picture(window, name + QStringLiteral("6-train.png"));
    window.setRuns(example::runs());
    window.showPage(MainWindow::Page::Compare);
    ComparisonConclusion conclusion;
    conclusion.metric = "accuracy";
    conclusion.sentence =
        QStringLiteral("demo r=4 is within noise of full fine-tuning (−1.2 points of accuracy, 95 % interval "
                       "−2.6 to 0.3, 1500 "
                       "examples, 1 seed) at 65 % of its compute and 0.40 % of its trained parameters.");
    for (const auto& run : window.findChild<ComparePage*>()->table().checkedRuns()) {
        conclusion.folders.push_back(run->folder.string());
        const double mean = run->summary.best.at("accuracy");
        conclusion.groups.push_back({{run->folder.string()}, mean, {{mean - 0.008, mean + 0.008}}});
    }
    window.setConclusion(conclusion);
    picture(window, name + QStringLiteral("7-compare.png"));
    window.findChild<ComparePage*>()->setQualityAxis(2);
    picture(window, name + QStringLiteral("7-compare-cost.png"));
    window.showPage(MainWindow::Page::Inspect);
    auto* inspect = window.findChild<InspectPage*>();
    picture(window, name + QStringLiteral("7-inspect-opening.png"));
    window.setInspection(example::inspection(inspect->folder()));
    inspect->curve().computeButton()->click();
    window.setRankCurveProgress({2, 4, 1});
    picture(window, name + QStringLiteral("7-inspect-computing.png"));
    window.setRankCurve(example::rankCurve(inspect->folder()));
    picture(window, name + QStringLiteral("7-inspect.png"));
    window.showPage(MainWindow::Page::Try);
    picture(window, name + QStringLiteral("8-try-opening.png"));
    tellTries(window,
              [&](const QString& what) { picture(window, name + QStringLiteral("8-%1.png").arg(what)); });
    tellReproduction(
        window, [&](const QString& what) { picture(window, name + QStringLiteral("9-%1.png").arg(what)); });
    window.setRunState(RunState::Stopping);
    window.closeNow();
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const QString folder = arguments.value(1, QStringLiteral("."));
    QDir().mkpath(folder);
    for (const QString& look : arguments.size() > 2
                                   ? arguments.mid(2)
                                   : QStringList{QStringLiteral("light"), QStringLiteral("dark")}) {
        pictures(folder, look, {1280, 800});
        pictures(folder, look, {1920, 1080});
    }
    return 0;
}
