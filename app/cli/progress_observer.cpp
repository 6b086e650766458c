#include "app/cli/progress_observer.h"

#include "core/base/quantity_text.h"

#include <limits>

#include <fmt/format.h>

namespace lora::app {

namespace {

constexpr double redrawSeconds = 0.1;
constexpr double plainLineSeconds = 5;

} // namespace

void ProgressObserver::onStart(const RunStart& start)
{
    m_start = start;
    m_lastLineStep = start.firstStep;
    m_sinceStart.restart();
    m_sinceLine.restart();
    const std::string from = start.firstStep > 0 ? fmt::format(", from step {}", start.firstStep) : "";
    m_console.log(fmt::format("training on {} rows, evaluating on {}: {} steps{}", start.trainExamples,
                              start.evalExamples, start.totalSteps, from));
}

void ProgressObserver::onStep(const StepMetrics& metrics)
{
    const Progress progress{metrics.step, m_start.totalSteps, metrics.loss, metrics.tokensPerSecond,
                            secondsLeft(metrics.step)};
    const bool isLast = metrics.step == m_start.totalSteps;
    if (m_console.isLive()) {
        if (!isLast && m_sinceLine.seconds() < redrawSeconds)
            return;
        m_console.status(liveProgressLine(progress, m_console.columns() - 1));
    } else {
        if (!isLast && !isPlainLineDue(metrics.step))
            return;
        m_console.log(plainProgressLine(progress));
    }
    m_lastLineStep = metrics.step;
    m_sinceLine.restart();
}

bool ProgressObserver::isPlainLineDue(std::int64_t step) const
{
    return (step - m_lastLineStep) * 10 >= m_start.totalSteps || m_sinceLine.seconds() >= plainLineSeconds;
}

double ProgressObserver::secondsLeft(std::int64_t step) const
{
    const std::int64_t done = step - m_start.firstStep;
    if (done <= 0)
        return std::numeric_limits<double>::quiet_NaN();
    return m_sinceStart.seconds() / static_cast<double>(done) *
           static_cast<double>(m_start.totalSteps - step);
}

void ProgressObserver::onEvaluationProgress(std::int64_t done, std::int64_t total)
{
    if (!m_console.isLive() || m_sinceLine.seconds() < redrawSeconds)
        return;
    m_console.status(fmt::format("evaluating {}/{}", done, total));
    m_sinceLine.restart();
}

void ProgressObserver::onPrefixProgress(std::int64_t done, std::int64_t total)
{
    if (!m_console.isLive() || (done < total && m_sinceLine.seconds() < redrawSeconds))
        return;
    m_console.status(fmt::format("running the frozen layers {}/{}", done, total));
    m_sinceLine.restart();
}

void ProgressObserver::onEvaluation(const EvalMetrics& metrics)
{
    if (metrics.step == m_start.firstStep)
        m_sinceStart
            .restart(); // the time left is that of steps, and the untuned model is evaluated before the first
    std::string text;
    for (const auto& [name, value] : metrics.values)
        text += fmt::format("  {} {}", name, significantText(value));
    m_console.log(fmt::format(
        "{}{}", metrics.step == 0 ? "untuned model:" : fmt::format("step {}:", metrics.step), text));
}

void ProgressObserver::onMessage(const std::string& text)
{
    m_console.log("note: " + text);
}

} // namespace lora::app
