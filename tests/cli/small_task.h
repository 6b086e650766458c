#pragma once

#include "tests/cli/program.h"
#include "tests/support/model_folder.h"

#include <sstream>

namespace lora::test {

/// A tiny BERT with a vocabulary of words, sentiment rows it can learn and an experiment file over them.
class SmallTask
{
public:
    SmallTask()
        : model(TinyBert{.vocabulary = 20,
                         .hidden = 24,
                         .layers = 4,
                         .heads = 3,
                         .intermediate = 36,
                         .initializerRange = 0.1},
                TaskType::SequenceClassification, 2)
    {
        model.write();
        model.folder().write("vocab.txt", vocabulary());
        folder.write("train.tsv", rows(160));
        folder.write("dev.tsv", rows(40, 7));
        writeExperiment(experiment());
    }

    nlohmann::json experiment() const
    {
        return {{"name", "small"},
                {"model", model.folder().path().string()},
                {"data", {{"train", "train.tsv"}, {"eval", "dev.tsv"}, {"max_length", 16}}},
                {"method", {{"r", 2}, {"target_modules", "all-linear"}}},
                {"training",
                 {{"num_train_epochs", 6},
                  {"per_device_train_batch_size", 8},
                  {"learning_rate", 0.01},
                  {"threads", 2}}}};
    }

    void writeExperiment(const nlohmann::json& document) const
    {
        folder.write("experiment.json", document.dump(2));
    }

    std::string path(const std::string& name) const { return (folder / name).string(); }

    /// "good"-words against "bad"-words among neutral ones.
    static std::string rows(int count, int seed = 1)
    {
        const std::vector<std::vector<std::string>> words{{"awful", "bad", "dull"},
                                                          {"good", "fine", "great"}};
        const std::vector<std::string> neutral{"the", "film", "was", "a", "movie", "plot"};
        std::ostringstream text;
        text << "sentence\tlabel\n";
        Rng rng(static_cast<std::uint64_t>(seed), "rows");
        for (int row = 0; row < count; ++row) {
            const int label = row % 2;
            for (std::uint64_t i = 0; i < 2 + rng.below(6); ++i)
                text << neutral[rng.below(neutral.size())] << ' ';
            text << words[static_cast<std::size_t>(label)][rng.below(3)] << ' '
                 << neutral[rng.below(neutral.size())];
            text << '\t' << (label == 1 ? "positive" : "negative") << '\n';
        }
        return text.str();
    }

    static std::string vocabulary()
    {
        return "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]"
               "\nthe\nfilm\nwas\na\nmovie\nplot\nawful\nbad\ndull\ngood\nfine\ngreat\n##s\n.\n!\n";
    }

    ModelFolder model;
    TemporaryFolder folder;
    Program program;
};

} // namespace lora::test
