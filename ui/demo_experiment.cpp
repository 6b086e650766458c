#include "ui/demo_experiment.h"

namespace lora::ui {

ExperimentConfig demoExperiment()
{
    ExperimentConfig experiment;
    experiment.name = "demo r=8";
    experiment.model = "builtin:encoder";
    experiment.data.train = "builtin:sentiment";
    experiment.method.lora.modulesToSave = {
        "pooler"}; // new in the built-in encoder, so it has to be trained whole
    experiment.training.learningRate = 2e-3;
    return experiment;
}

} // namespace lora::ui
