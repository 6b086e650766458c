#include "app/workbench.h"

#include "app/application.h"
#include "app/screenshots.h"
#include "app/settings.h"
#include "core/runs/run_files.h"
#include "ui/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QTemporaryDir>
#include <QTextStream>

namespace lora::app {

namespace {

struct CommandLine
{
    QString path;
    QString screenshotFolder;
    QSize size{1280, 800};
};

/// Ends the program for --help, --version and bad usage.
CommandLine readCommandLine(const QApplication& qt)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        "Fine-tunes transformers with LoRA on an ordinary computer and shows what it saves.");
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("path", "A model folder, an experiment file or a run folder to open.",
                                 "[path]");
    const QCommandLineOption screenshots(
        "screenshots", "Runs the built-in experiments and writes pictures of the window.", "folder");
    const QCommandLineOption size("size", "Size of the pictures.", "WxH", "1280x800");
    parser.addOptions({screenshots, size});
    parser.process(qt);

    CommandLine line;
    line.path = parser.positionalArguments().value(0);
    line.screenshotFolder = parser.value(screenshots);
    const QStringList sides = parser.value(size).split('x');
    if (parser.positionalArguments().size() > 1 || sides.size() != 2)
        parser.showHelp(2);
    line.size =
        QSize(sides[0].toInt(), sides[1].toInt()).expandedTo(QSize(640, 480)).boundedTo(QSize(7680, 4320));
    return line;
}

/// The pictures show a user's first start: no settings and no runs of before, and none left behind.
int makeScreenshots(QApplication& qt, const CommandLine& line)
{
    const QTemporaryDir home;
    QSettings settings(home.filePath("settings.ini"), QSettings::IniFormat);
    ui::MainWindow window(settings);
    Application application(window, DataFolders::inside(home.path().toStdString()));
    Screenshots screenshots(window, application, line.screenshotFolder, line.size);
    QString problem;
    QObject::connect(&screenshots, &Screenshots::finished, &qt, [&](const QString& found) {
        problem = found;
        qt.exit(found.isEmpty() ? 0 : 1);
    });
    window.show();
    screenshots.begin();
    const int code = qt.exec();
    if (!problem.isEmpty())
        QTextStream(stderr) << problem << '\n';
    return code;
}

} // namespace

int runWorkbench(QApplication& qt)
{
    const CommandLine line = readCommandLine(qt);
    if (!line.screenshotFolder.isEmpty())
        return makeScreenshots(qt, line);
    const auto settings = userSettings();
    ui::MainWindow window(*settings);
    Application application(window, DataFolders::standard());
    window.show();
    if (!line.path.isEmpty())
        application.open(line.path);
    return qt.exec();
}

} // namespace lora::app
