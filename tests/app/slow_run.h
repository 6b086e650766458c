#pragma once

#include "app/session/training_worker.h"
#include "core/runs/run_recorder.h"

#include <chrono>
#include <cmath>
#include <thread>

namespace lora::test {

/// Stands in for training where only threads matter: steps that take a millisecond, an evaluation after every
/// ten, pauses, stops, checkpoints and a run folder, all by the same rules as the engine.
class SlowRun
{
public:
    explicit SlowRun(std::int64_t steps)
        : m_steps(steps)
    {}

    RunOutcome operator()(const RunRequest& request, TrainingObserver& observer,
                          TrainingControl& control) const
    {
        RunRecorder recorder(request.runFolder, {request.experiment, "model", "data", "", {}});
        const auto tell = [&](auto call) {
            call(static_cast<TrainingObserver&>(recorder));
            call(observer);
        };
        tell([&](TrainingObserver& each) { each.onStart({m_steps, 0, 320, 64, "accuracy"}); });
        RunOutcome outcome = train(tell, observer, control);
        observer.onEnd(outcome);
        recorder.finish(outcome);
        return outcome;
    }

private:
    template <class Tell>
    RunOutcome train(Tell tell, TrainingObserver& observer, TrainingControl& control) const
    {
        RunOutcome outcome;
        for (std::int64_t step = 1; step <= m_steps; ++step) {
            if (control.isPauseRequested()) {
                observer.onPause(true);
                control.waitWhilePaused();
                observer.onPause(false);
            }
            if (control.isStopRequested()) {
                outcome.status = RunStatus::Stopped;
                break;
            }
            if (control.takeCheckpointRequest())
                observer.onMessage("checkpoint after step " + std::to_string(step - 1));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            const double loss = 1 / std::sqrt(static_cast<double>(step));
            tell([&](TrainingObserver& each) { each.onStep({step, 0.01, loss, 1e-3, 1, 1000, 0.001}); });
            outcome.steps = step;
            if (step % 10 == 0)
                tell([&](TrainingObserver& each) {
                    each.onEvaluation({step, 0.01, 0.001, {{"accuracy", 1 - loss}}});
                });
        }
        return outcome;
    }

    std::int64_t m_steps;
};

} // namespace lora::test
