#include "core/experiment/cost_estimation.h"

#include "core/cost/calibration.h"
#include "core/experiment/experiment_preparation.h"
#include "core/train/worker_pool.h"

namespace lora {

CostInputs gatherCostInputs(const ExperimentConfig& experiment)
{
    const ExperimentData prepared = prepareData(experiment);
    CostInputs inputs;
    inputs.experiment = prepared.experiment;
    inputs.trainHash = prepared.data.train.hash;
    inputs.evalHash = prepared.data.eval.hash;
    inputs.evalRows = static_cast<std::int64_t>(prepared.data.eval.size());
    inputs.facts = workloadOf(prepared);
    const int threads = experiment.training.threads;
    inputs.calibration = calibrate(prepared.summary, threads > 0 ? threads : WorkerPool::defaultWorkers());
    return inputs;
}

} // namespace lora
