#include "core/train/trainer.h"

#include "core/base/error.h"

namespace lora {

// A run's checkpoints: when they are written, which are kept, how a run continues from one or ends with the
// best.

bool Trainer::resume()
{
    const std::vector<std::int64_t> steps = checkpointSteps(m_inputs.runFolder);
    if (steps.empty())
        return false;
    const int workers = m_state.workers;
    m_state = loadCheckpoint(checkpointFolder(m_inputs.runFolder, steps.back()), m_inputs.trainable,
                             m_step.optimizer());
    m_inputs.model.refreshMagnitudes();
    if (m_state.workers != workers)
        throw Error(
            ErrorKind::BadUsage,
            fmt::format("this run was started with {} worker(s), now there are {}", m_state.workers, workers),
            fmt::format("Resume with --set training.threads={} to get the same bits.", m_state.workers));
    m_savedStep = m_state.step;
    m_clockOffset = m_state.seconds;
    return true;
}

bool Trainer::isCheckpointDue() const
{
    if (m_config.saveSteps)
        return m_state.step % *m_config.saveSteps == 0 || m_state.bestStep == m_state.step;
    return m_state.evaluatedStep == m_state.step || m_state.step % m_loader.stepsPerEpoch() == 0;
}

void Trainer::writeCheckpoint(TrainingObserver& observer)
{
    if (m_inputs.runFolder.empty() || m_savedStep == m_state.step || m_state.step == 0)
        return;
    saveCheckpoint(checkpointFolder(m_inputs.runFolder, m_state.step), m_inputs.trainable, m_step.optimizer(),
                   m_state);
    m_savedStep = m_state.step;
    removeOldCheckpoints();
    observer.onMessage(fmt::format("Checkpoint written at step {}.", m_state.step));
}

void Trainer::removeOldCheckpoints() const
{
    for (const std::int64_t step : checkpointSteps(m_inputs.runFolder)) {
        if (step == m_savedStep || step == m_state.bestStep)
            continue;
        std::error_code error; // a checkpoint too many harms nobody
        std::filesystem::remove_all(checkpointFolder(m_inputs.runFolder, step), error);
    }
}

void Trainer::restoreBest(TrainingObserver& observer)
{
    const bool isWanted =
        m_config.loadBestModelAtEnd && m_state.bestStep > 0 && m_state.bestStep != m_state.step;
    if (!isWanted || m_inputs.runFolder.empty())
        return;
    const std::filesystem::path folder = checkpointFolder(m_inputs.runFolder, m_state.bestStep);
    std::error_code error;
    if (!std::filesystem::exists(folder, error))
        return;
    loadCheckpointWeights(folder, m_inputs.trainable);
    m_inputs.model.refreshMagnitudes();
    observer.onMessage(
        fmt::format("The weights are those of step {}, the best {}.", m_state.bestStep, m_metric));
}

} // namespace lora
