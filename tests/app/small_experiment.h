#pragma once

#include "core/config/experiment_config.h"
#include "tests/support/model_folder.h"

#include <sstream>

namespace lora::test {

/// A tiny BERT, rows it can learn and the experiment over them: a training that takes a second.
class SmallExperiment
{
public:
    SmallExperiment()
        : m_model(TinyBert{.vocabulary = 16, .hidden = 24, .layers = 2, .heads = 3, .intermediate = 36},
                  TaskType::SequenceClassification, 2)
    {
        m_model.write();
        m_model.folder().write("vocab.txt",
                               "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfilm\nwas\na\nplot\nawful\nbad\n"
                               "good\nfine\n.\n!\n");
        m_folder.write("train.tsv", rows(120, 1));
        m_folder.write("eval.tsv", rows(40, 2));
    }

    ExperimentConfig config(double epochs = 2) const
    {
        ExperimentConfig experiment;
        experiment.name = "small";
        experiment.model = m_model.folder().path().string();
        experiment.data.train = (m_folder / "train.tsv").string();
        experiment.data.eval = (m_folder / "eval.tsv").string();
        experiment.data.maxLength = 16;
        experiment.method.lora.r = 2;
        experiment.training.numTrainEpochs = epochs;
        experiment.training.perDeviceTrainBatchSize = 8;
        experiment.training.learningRate = 0.01;
        experiment.training.threads = 2;
        return experiment;
    }

    const TemporaryFolder& folder() const { return m_folder; }

private:
    /// "good"-words against "bad"-words among neutral ones.
    static std::string rows(int count, std::uint64_t seed)
    {
        const std::vector<std::string> telling{"awful", "bad", "good", "fine"};
        const std::vector<std::string> neutral{"the", "film", "was", "a", "plot"};
        std::ostringstream text;
        text << "sentence\tlabel\n";
        Rng rng(seed, "rows");
        for (int row = 0; row < count; ++row) {
            for (std::uint64_t word = 0; word < 2 + rng.below(6); ++word)
                text << neutral[rng.below(neutral.size())] << ' ';
            const std::uint64_t label = static_cast<std::uint64_t>(row) % 2;
            text << telling[2 * label + rng.below(2)] << '\t' << (label ? "positive" : "negative") << '\n';
        }
        return text.str();
    }

    ModelFolder m_model;
    TemporaryFolder m_folder;
};

} // namespace lora::test
