#include "ui/command_line.h"

#include "core/base/shell_text.h"

#include <nlohmann/json.hpp>

#include <QRegularExpression>

namespace lora::ui {

namespace {

QString shellQuoted(const QString& text)
{
    return QString::fromStdString(shellWord(text.toStdString()));
}

QString fileNameFor(const std::string& name)
{
    QString plain = QString::fromStdString(name).toLower();
    plain.replace(QRegularExpression(QStringLiteral("[^a-z0-9]+")), QStringLiteral("-"));
    plain.remove(QRegularExpression(QStringLiteral("\\A-+|-+\\z")));
    return (plain.isEmpty() ? QStringLiteral("experiment") : plain) + QStringLiteral(".json");
}

/// `command` with the experiment's file and `options`, after what writes the file where there is none.
QString commandWith(const QString& command, const ExperimentConfig& experiment, const QStringList& options,
                    const QString& savedFile)
{
    const QString program = QStringLiteral("lora-workbench-cli ") + command + u' ';
    QString rest;
    for (const QString& option : options)
        rest += u' ' + shellQuoted(option);
    if (!savedFile.isEmpty())
        return program + shellQuoted(savedFile) + rest;
    const QString file = fileNameFor(experiment.name);
    const QString document = QString::fromStdString(
        toJson(experiment).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    return QStringLiteral("cat > %1 <<'EXPERIMENT'\n").arg(file) + document +
           QStringLiteral("\nEXPERIMENT\n") + program + file + rest;
}

} // namespace

QString commandLine(const ExperimentConfig& experiment, const QString& savedFile)
{
    return commandWith(QStringLiteral("train"), experiment, {}, savedFile);
}

QString sweepCommandLine(const ExperimentConfig& experiment, const QStringList& options,
                         const QString& savedFile)
{
    return commandWith(QStringLiteral("sweep"), experiment, options, savedFile);
}

} // namespace lora::ui
