#include "app/session/inspect_desk.h"

#include "app/session/builtins.h"
#include "core/analysis/subspace_overlap.h"
#include "core/config/task.h"
#include "core/experiment/adapter_source.h"
#include "core/experiment/rank_curve.h"

#include <algorithm>

namespace lora::app {

namespace {

constexpr int kTellMs = 100;

/// Ends a rank curve from inside.
struct Stopped
{};

ui::InspectedModule inspectedModule(const ModuleInfo& module, const std::vector<ModuleSpectrum>& spectra)
{
    ui::InspectedModule inspected;
    inspected.module = module;
    const auto found = std::ranges::find(spectra, module.name, &ModuleSpectrum::module);
    if (found == spectra.end())
        return inspected;
    inspected.rank = found->rank;
    inspected.singularValues = found->singularValues;
    inspected.effectiveRank = found->effectiveRank;
    inspected.rank90 = found->rank90;
    inspected.changeNorm = found->changeNorm;
    inspected.relativeChange = found->relativeChange;
    return inspected;
}

ui::RunInspection inspectRun(const std::string& folder)
{
    const TrainedModel trained = openTrainedModel({folder, {}, {}});
    const ExperimentConfig& experiment = trained.experiment;
    const std::vector<ModuleSpectrum> spectra =
        experiment.method.type == MethodType::Lora
            ? adapterSpectra(*trained.model)
            : changeSpectra(*trained.model, *loadBaseOf(trained, experiment.model));
    ui::RunInspection inspection;
    inspection.folder = QString::fromStdString(folder);
    for (const ModuleInfo& module : describeFor(experiment.model, experiment.task).modules)
        inspection.modules.push_back(inspectedModule(module, spectra));
    return inspection;
}

ui::RunOverlap compareRuns(const std::string& folder, const std::string& other)
{
    const TrainedModel first = openTrainedModel({folder, {}, {}});
    const TrainedModel second = openTrainedModel({other, {}, {}});
    ui::RunOverlap overlap{QString::fromStdString(folder), QString::fromStdString(other), {}};
    for (const ModuleOverlap& module : adapterOverlap(*first.model, *second.model).modules) {
        if (module.input.empty()) // not trained in one of the two
            continue;
        const std::int64_t i = module.firstRanks.back();
        const std::int64_t j = module.secondRanks.back();
        overlap.modules.push_back({.module = module.module,
                                   .firstRank = i,
                                   .secondRank = j,
                                   .leading = module.input[0][0],
                                   .leadingByChance = expectedOverlap(1, 1, module.in),
                                   .read = module.input.back().back(),
                                   .readByChance = expectedOverlap(i, j, module.in),
                                   .written = module.output.back().back(),
                                   .writtenByChance = expectedOverlap(i, j, module.out)});
    }
    if (overlap.modules.empty())
        throw Error(ErrorKind::BadInput, "no module was trained in both runs",
                    "Compare runs that adapt the same modules and have made steps.");
    return overlap;
}

ui::RankCurveValues valuesOf(const RankCurve& curve, const std::string& folder)
{
    ui::RankCurveValues values;
    values.folder = QString::fromStdString(folder);
    values.metric = curve.metric;
    values.rows = curve.rows;
    values.enough = curve.advice.rank;
    values.sentence = QString::fromStdString(curve.advice.sentence);
    const auto quality = [&](const RankPoint& point) {
        const auto found = point.metrics.find(curve.metric);
        return found == point.metrics.end() ? 0.0 : found->second;
    };
    const double whole = quality(curve.points.back());
    const double sign = isLowerBetter(curve.metric) ? 1 : -1; // what a loss does to the metric
    for (const RankPoint& point : curve.points) {
        ui::TruncatedQuality& truncated = values.points.emplace_back();
        truncated.rank = point.rank;
        truncated.quality = quality(point);
        if (!point.loss)
            continue;
        const double a = whole + sign * point.loss->low;
        const double b = whole + sign * point.loss->high;
        truncated.interval = {std::min(a, b), std::max(a, b)};
    }
    return values;
}

} // namespace

InspectDesk::InspectDesk(QObject* parent)
    : QObject(parent)
{
    m_timer.setInterval(kTellMs);
    connect(&m_timer, &QTimer::timeout, this, &InspectDesk::tell);
}

InspectDesk::~InspectDesk()
{
    stopCurve();
}

void InspectDesk::tell()
{
    if (m_work && m_work->total > 0)
        emit curveProgressed({m_work->done, m_work->total, m_work->rank});
}

void InspectDesk::stopCurve()
{
    if (m_work)
        m_work->isStopRequested = true;
}

void InspectDesk::inspect(const QString& runFolder)
{
    m_spectra.post<ui::RunInspection>(
        [folder = runFolder.toStdString()] { return inspectRun(folder); },
        [this](const ui::RunInspection& inspection) { emit inspected(inspection); },
        [this, runFolder](const QString& what, const QString& hint) {
            emit inspectionFailed(runFolder, what, hint);
        });
}

void InspectDesk::compareDirections(const QString& runFolder, const QString& otherFolder)
{
    m_overlaps.post<ui::RunOverlap>(
        [first = runFolder.toStdString(), second = otherFolder.toStdString()] {
            return compareRuns(first, second);
        },
        [this](const ui::RunOverlap& overlap) { emit directionsCompared(overlap); },
        [this, runFolder, otherFolder](const QString& what, const QString& hint) {
            emit comparisonFailed(runFolder, otherFolder, what, hint);
        });
}

void InspectDesk::measureCurve(const QString& runFolder)
{
    using Result = std::optional<ui::RankCurveValues>;
    stopCurve();
    const auto work = std::make_shared<Work>();
    m_work = work;
    m_timer.start();
    const auto end = [this] {
        m_work.reset();
        m_timer.stop();
    };
    m_curves.post<Result>(
        [folder = runFolder.toStdString(), work]() -> Result {
            RankCurveOptions options;
            options.onRank = [work](std::size_t done, std::size_t total, std::int64_t rank) {
                if (work->isStopRequested)
                    throw Stopped{};
                work->rank = rank;
                work->done = static_cast<int>(done);
                work->total = static_cast<int>(total);
            };
            try {
                const TrainedModel trained = openTrainedModel({folder, {}, {}});
                const TokenizedDataset rows = evaluationRows(trained);
                options.threads = trained.experiment.training.threads;
                return valuesOf(measureRankCurve(trained, rows, options), folder);
            } catch (const Stopped&) {
                return {};
            }
        },
        [this, end, runFolder](const Result& result) {
            end();
            if (result)
                emit curveMeasured(*result);
            else
                emit curveEnded(runFolder, {}, {});
        },
        [this, end, runFolder](const QString& what, const QString& hint) {
            end();
            emit curveEnded(runFolder, what, hint);
        });
}

} // namespace lora::app
