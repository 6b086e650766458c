#pragma once

#include <QObject>
#include <QSize>
#include <QString>

#include <vector>

#include "core/config/experiment_config.h"

namespace lora::ui {
class MainWindow;
}

namespace lora::app {

class Application;

/// Makes the pictures of the README by using the program: shows Setup, really runs the built-in experiments,
/// takes Train in the middle of one of them, Compare at the end, Inspect with the rank curve of one run, Try
/// with a sentence put to it, and Report with and without the planning of a test of the article's claims.
/// Writes setup.png, train.png, compare.png, inspect.png, try.png, report.png and claims.png.
class Screenshots : public QObject
{
    Q_OBJECT

public:
    Screenshots(ui::MainWindow& window, Application& application, QString folder, QSize size);

    void begin();

signals:
    /// `problem` is empty when all pictures were written.
    void finished(const QString& problem);

private:
    void takeSetup();
    void nextRun();
    void noteSteps(std::int64_t step);
    void takeCompare();
    void takeInspect();
    void takeTry();
    void takeReport();
    void takeClaims();
    void take(const QString& name);

    ui::MainWindow& m_window;
    Application& m_application;
    const QString m_folder;
    const QSize m_size;
    std::vector<ExperimentConfig> m_experiments;
    std::size_t m_next = 0;
    std::int64_t m_totalSteps = 0;
    bool m_isSetupTaken = false;
    bool m_isTrainTaken = false;
    QString m_problem;
};

} // namespace lora::app
