#include "core/train/trainer.h"

namespace lora {

// When a run is evaluated, and what follows from it.

bool Trainer::isEvaluationDue() const
{
    if (m_state.step == m_totalSteps)
        return true;
    if (m_config.evalSteps)
        return m_state.step % *m_config.evalSteps == 0;
    return m_state.step % m_loader.stepsPerEpoch() == 0;
}

bool Trainer::evaluateNow(TrainingObserver& observer, TrainingControl& control)
{
    const auto progress = [&](std::int64_t done, std::int64_t total) {
        observer.onEvaluationProgress(done, total);
    };
    m_step.giveBackActivations(); // steps and evaluations take turns with the memory
    const auto result = m_evaluator->run(Evaluator::KeepLogits::No, &control, progress);
    if (!result)
        return false;
    m_state.seconds = secondsNow();
    const EvalMetrics metrics{m_state.step, m_loader.epochsAfter(m_state.step), m_state.seconds,
                              result->metrics};
    noteEvaluation(metrics);
    observer.onEvaluation(metrics);
    if (m_state.step == 0 || !m_config.loadBestModelAtEnd || m_state.bestStep == m_state.step)
        observer.onExampleOutcomes(m_state.step, result->outcomes);
    return true;
}

void Trainer::noteEvaluation(const EvalMetrics& metrics)
{
    m_evaluations.push_back(metrics);
    m_state.evaluatedStep = metrics.step;
    const auto found = metrics.values.find(m_metric);
    if (metrics.step == 0 || found == metrics.values.end())
        return;
    const bool isBetter =
        !m_state.bestValue ||
        (isLowerBetter(m_metric) ? found->second < *m_state.bestValue : found->second > *m_state.bestValue);
    if (isBetter) {
        m_state.bestValue = found->second;
        m_state.bestStep = metrics.step;
        m_state.evaluationsWithoutGain = 0;
    } else {
        ++m_state.evaluationsWithoutGain;
    }
}

bool Trainer::isPatienceOver() const
{
    return m_config.earlyStoppingPatience && m_state.evaluatedStep == m_state.step &&
           m_state.evaluationsWithoutGain >= *m_config.earlyStoppingPatience;
}

} // namespace lora
