#include "app/session/reproduction_task.h"

#include "core/base/error.h"
#include "core/evidence/reproduction.h"

#include <QDateTime>
#include <QStringList>

#include <filesystem>

namespace lora::app {

namespace {

namespace fs = std::filesystem;

QString textOf(const std::string& text)
{
    return QString::fromStdString(text);
}

ReproductionTask taskOf(const Reproduction& reproduction)
{
    ReproductionTask task;
    task.folder = textOf(reproduction.folder.string());
    for (const ReproducedTask& claim : reproduction.tasks) {
        SweepTask sweep;
        sweep.sweep = std::make_shared<const Sweep>(claim.sweep);
        sweep.runs = runsLeft(claim.sweep);
        sweep.budget = memoryBudget();
        sweep.sharing = PrefixSharing::Separate;
        sweep.title = textOf(claim.claim.title);
        sweep.reproduction = task.folder;
        task.claims.push_back(std::move(sweep));
    }
    return task;
}

/// When it was begun, by its folder's name, and which claims it tests.
QString titleOf(const Reproduction& reproduction)
{
    const QString name = textOf(reproduction.folder.filename().string());
    const QString format = QStringLiteral("yyyy-MM-dd-HHmmss");
    const QDateTime begun = QDateTime::fromString(name.left(format.size()), format);
    QStringList claims;
    for (const ReproducedTask& task : reproduction.tasks)
        claims += textOf(task.claim.title);
    const QString when = begun.isValid() ? begun.toString(QStringLiteral("yyyy-MM-dd HH:mm")) : name;
    const bool areAll = claims.size() == static_cast<qsizetype>(articleClaims().size());
    return when + QStringLiteral(", ") + (areAll ? QStringLiteral("all claims") : claims.join(", "));
}

} // namespace

ui::ReproductionDefaults reproductionDefaults()
{
    const ExperimentConfig usual = usualExperiment(articleClaims().front());
    ui::ReproductionDefaults defaults;
    defaults.claims = articleClaims();
    defaults.model = textOf(usual.model);
    defaults.rank = usual.method.lora.r;
    defaults.epochs = usual.training.numTrainEpochs;
    defaults.learningRate = usual.training.learningRate;
    defaults.fullLearningRate = usualFullLearningRate;
    defaults.seeds = ReproductionRequest().seeds;
    return defaults;
}

ReproductionTask newReproductionTask(const fs::path& parent, const ReproductionRequest& request)
{
    return taskOf(beginReproduction(request, newReproductionFolder(parent)));
}

ReproductionTask continuedReproductionTask(const fs::path& folder)
{
    return taskOf(continueReproduction(folder));
}

void concludeReproduction(const fs::path& folder)
{
    const Reproduction reproduction = openReproduction(folder);
    writeEvidence(reproduction, evidenceOf(reproduction), hostOf(reproduction));
}

std::vector<ui::KnownReproduction> knownReproductions(const fs::path& parent)
{
    std::vector<ui::KnownReproduction> known;
    for (const Reproduction& reproduction : reproductionsIn(parent)) {
        ui::KnownReproduction entry{textOf(reproduction.folder.string()), titleOf(reproduction)};
        try {
            for (const ReproducedTask& task : reproduction.tasks) {
                const auto count = static_cast<int>(task.sweep.plan.runs.size());
                entry.count += count;
                entry.done += count - static_cast<int>(runsLeft(task.sweep).size());
            }
            known.push_back(entry);
        } catch (const Error&) { // one of its run folders is damaged: going on would say so
        }
    }
    return known;
}

} // namespace lora::app
