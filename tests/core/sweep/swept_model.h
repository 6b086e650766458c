#pragma once

#include "core/sweep/sweep_plan.h"
#include "tests/support/model_folder.h"

#include <sstream>

namespace lora::test {

/// A tiny BERT of four layers without a classifier, and already tokenised rows it can learn from.
class SweptModel
{
public:
    SweptModel()
        : m_model({.layers = 4, .dropout = 0.1}, TaskType::SequenceClassification, 2)
    {
        m_model.remove("classifier");
        m_model.write();
        m_folder.write("train.jsonl", rows(60, 1));
        m_folder.write("eval.jsonl", rows(24, 2));
        base.name = "tiny";
        base.model = m_model.folder().path().string();
        base.data.train = (m_folder / "train.jsonl").string();
        base.data.eval = (m_folder / "eval.jsonl").string();
        base.method.lora.targetModules = "all-linear";
        base.training.numTrainEpochs = 2;
        base.training.perDeviceTrainBatchSize = 8;
        base.training.learningRate = 5e-3;
        base.training.hiddenDropout = 0;
        base.training.threads = 1;
        base.training.prefixCache = "memory";
    }

    SweepPlan plan(const SweepAxes& axes) const
    {
        return planSweep(base, axes, describeModel(base.model, base.task));
    }

    std::filesystem::path folder(const std::string& name) const { return m_folder / name; }
    void write(const std::string& name, const std::string& text) const { m_folder.write(name, text); }

    /// The class is whether token 3 or 4 stands in the second place.
    static std::string rows(int count, std::uint64_t seed)
    {
        Rng rng(seed, "rows");
        std::ostringstream text;
        for (int row = 0; row < count; ++row) {
            text << "{\"input_ids\": [1, " << 3 + row % 2;
            for (std::uint64_t more = 1 + rng.below(6); more > 0; --more)
                text << ", " << 5 + rng.below(8);
            text << "], \"labels\": " << row % 2 << "}\n";
        }
        return text.str();
    }

    ExperimentConfig base;

private:
    ModelFolder m_model;
    TemporaryFolder m_folder;
};

} // namespace lora::test
