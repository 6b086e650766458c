#include "app/session/baseline_desk.h"

#include "core/experiment/measured_baseline.h"

#include <numeric>

namespace lora::app {

namespace {

constexpr int kTellMs = 100;

double mean(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) /
           double(std::max<std::size_t>(1, values.size()));
}

ui::MeasuredCost costOf(const BaselineMeasurement& measured)
{
    const MeasuredRatio time = measured.timeRatio();
    const auto pairs = double(std::max<std::int64_t>(1, measured.pairs));
    ui::MeasuredCost cost;
    cost.pairs = measured.pairs;
    cost.seconds = mean(measured.method.seconds);
    cost.fullSeconds = mean(measured.full.seconds);
    cost.timeRatio = time.ratio;
    cost.timeLow = time.interval.low;
    cost.timeHigh = time.interval.high;
    cost.flops = measured.method.flops / pairs;
    cost.fullFlops = measured.full.flops / pairs;
    cost.memoryBytes = measured.method.memoryBytes;
    cost.fullMemoryBytes = measured.full.memoryBytes;
    cost.energyRatio = measured.energyRatio();
    return cost;
}

} // namespace

BaselineDesk::BaselineDesk(QObject* parent)
    : QObject(parent)
{
    m_timer.setInterval(kTellMs);
    connect(&m_timer, &QTimer::timeout, this, &BaselineDesk::tell);
}

BaselineDesk::~BaselineDesk()
{
    stop();
}

void BaselineDesk::tell()
{
    if (m_work && m_work->total > 0)
        emit progressed(m_work->done, m_work->total);
}

void BaselineDesk::stop()
{
    if (m_work)
        m_work->control.requestStop();
}

void BaselineDesk::measure(const ExperimentConfig& experiment)
{
    stop();
    using Result = std::optional<BaselineMeasurement>;
    const auto work = std::make_shared<Work>();
    m_work = work;
    m_timer.start();
    const auto end = [this] {
        m_work.reset();
        m_timer.stop();
    };
    m_lane.post<Result>(
        [experiment, work]() -> Result {
            if (work->control.isStopRequested())
                return {};
            return measureBaseline({.experiment = experiment}, work->control,
                                   [work](std::int64_t done, std::int64_t total) {
                                       work->total = total;
                                       work->done = done;
                                   });
        },
        [this, end, experiment](const Result& result) {
            end();
            if (result)
                emit measured(experiment, costOf(*result));
            else
                emit ended({}, {});
        },
        [this, end](const QString& what, const QString& hint) {
            end();
            emit ended(what, hint);
        });
}

} // namespace lora::app
