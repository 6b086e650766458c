// Usage: preview_ui FOLDER [light|dark]. Invented values: pictures from here show layout, not results.
#include "example_values.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QPixmap>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace lora;
using namespace lora::ui;

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

void picture(MainWindow& window, const QString& file)
{
    QTest::qWait(250);
    window.grab().save(file);
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
    window.showPage(MainWindow::Page::Setup);
    window.setModelSummary(example::bert(4));
    window.setDatasetPreview(example::sentiment());
    window.setCostReport(example::cost());
    picture(window, name + QStringLiteral("3-setup.png"));
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
    picture(window, name + QStringLiteral("7-compare.png"));
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
