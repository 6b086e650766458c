#include "ui/demo_experiment.h"

namespace lora::ui {

ExperimentConfig demoExperiment()
{
    ExperimentConfig experiment;
    experiment.name = "demo r=8";
    experiment.model = "builtin:encoder";
    experiment.data.train = "builtin:sentiment";
    return experiment;
}

} // namespace lora::ui
