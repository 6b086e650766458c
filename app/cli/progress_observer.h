#pragma once

#include "app/cli/console.h"
#include "app/cli/progress_line.h"

#include "core/base/stopwatch.h"
#include "core/train/training_observer.h"

namespace lora::app {

/// Shows a run on the terminal: one line drawn over and over, or where stderr is not a terminal a plain line
/// for every tenth of the run and at least every five seconds.
class ProgressObserver : public TrainingObserver
{
public:
    explicit ProgressObserver(Console& console)
        : m_console(console)
    {}

    void onStart(const RunStart& start) override;
    void onStep(const StepMetrics& metrics) override;
    void onEvaluationProgress(std::int64_t done, std::int64_t total) override;
    void onPrefixProgress(std::int64_t done, std::int64_t total) override;
    void onEvaluation(const EvalMetrics& metrics) override;
    void onMessage(const std::string& text) override;

    const RunStart& start() const { return m_start; }

private:
    bool isPlainLineDue(std::int64_t step) const;
    double secondsLeft(std::int64_t step) const;

    Console& m_console;
    RunStart m_start;
    Stopwatch m_sinceStart;
    Stopwatch m_sinceLine;
    std::int64_t m_lastLineStep = 0;
};

} // namespace lora::app
