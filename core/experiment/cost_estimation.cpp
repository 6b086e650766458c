#include "core/experiment/cost_estimation.h"

#include "core/cost/calibration.h"
#include "core/data/collator.h"
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
    inputs.facts.model = prepared.summary;
    inputs.facts.numLabels = prepared.numLabels;
    inputs.facts.trainLengths = prepared.data.train.lengths();
    inputs.facts.evalTokens = static_cast<double>(prepared.data.eval.tokens());
    inputs.facts.isHiddenAnew = prepared.data.train.masking.has_value();
    inputs.facts.labelledShare = labelledShare(prepared.data.train, experiment.task);
    const int threads = experiment.training.threads;
    inputs.calibration = calibrate(prepared.summary, threads > 0 ? threads : WorkerPool::defaultWorkers());
    return inputs;
}

} // namespace lora
