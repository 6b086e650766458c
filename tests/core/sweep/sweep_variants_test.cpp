// Every variant of LoRA from the plan to a run that is opened and exported again.
#include "core/config/lora_variant.h"
#include "core/experiment/trained_model.h"
#include "core/export/peft_adapter.h"
#include "core/lora/peft_config.h"
#include "core/runs/run_reader.h"
#include "core/sweep/sweep_runner.h"
#include "tests/core/sweep/swept_model.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

class Silent : public SweepObserver, public TrainingObserver
{
public:
    TrainingObserver& onRunBegin(std::size_t, const RunRequest&) override { return *this; }
};

TokenizedDataset probeRows()
{
    TokenizedDataset probe;
    for (int row = 0; row < 4; ++row) {
        TokenizedExample& example = probe.examples.emplace_back();
        for (int t = 0; t < 4 + row; ++t)
            example.inputIds.push_back(1 + (row * 5 + t * 3) % 12);
        example.tokenTypeIds.assign(example.inputIds.size(), 0);
    }
    return probe;
}

TEST(SweepVariants, AreTrainedWrittenOpenedAndExportedAgain)
{
    SweptModel model;
    model.base.training.numTrainEpochs = 1;
    model.base.method.lora.r = 3;
    SweepAxes axes;
    axes.variants = loraVariants();
    const Sweep sweep = createSweep(model.folder("variants"), model.plan(axes), {});
    Silent silent;
    TrainingControl control;
    EXPECT_EQ(runSweep(sweep, memoryBudget(), silent, control), RunStatus::Completed);
    const TemporaryFolder out;
    for (std::size_t i = 0; i < sweep.runNames.size(); ++i) {
        const auto folder = sweep.runFolder(i);
        const TrainedModel trained = openTrainedModel({folder.string(), {}, {}});
        const LoraConfig lora = readRun(folder)->experiment.method.lora;
        const bool isDoubled = lora.initLoraWeights != "true";
        EXPECT_EQ(readPeftConfig(folder / "adapter").lora.r, isDoubled ? 6 : 3);
        EXPECT_EQ(readPeftConfig(folder / "adapter").lora.useDora, lora.useDora);
        const auto again = out.path() / std::to_string(i);
        writePeftAdapter(again, *trained.model, trained.experiment.method.lora, trained.experiment.model);
        EXPECT_EQ(readPeftConfig(again).lora.r, isDoubled ? 6 : 3);
        EXPECT_LT(
            checkPeftAdapter(again, model.base.model, *trained.model, probeRows()).maxAbsLogitDifference,
            1e-5);
    }
}

} // namespace
} // namespace lora::test
