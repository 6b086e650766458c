#pragma once

#include "core/data/batch.h"
#include "core/data/tokenized_dataset.h"
#include "core/models/model_loader.h"
#include "tests/support/random_values.h"

#include <nlohmann/json.hpp>

namespace lora::test {

struct TinyBert
{
    std::int64_t vocabulary = 13;
    std::int64_t hidden = 9;
    std::int64_t layers = 2;
    std::int64_t heads = 3;
    std::int64_t intermediate = 11;
    std::int64_t positions = 24;
    double dropout = 0;
    std::string activation = "gelu";
    double initializerRange = 0.3; ///< large, so that small models have something to say
};

inline nlohmann::ordered_json configDocument(const TinyBert& tiny)
{
    return {{"model_type", "bert"},
            {"architectures", {"BertForSequenceClassification"}},
            {"vocab_size", tiny.vocabulary},
            {"hidden_size", tiny.hidden},
            {"num_hidden_layers", tiny.layers},
            {"num_attention_heads", tiny.heads},
            {"intermediate_size", tiny.intermediate},
            {"max_position_embeddings", tiny.positions},
            {"type_vocab_size", 2},
            {"hidden_act", tiny.activation},
            {"layer_norm_eps", 1e-5},
            {"hidden_dropout_prob", tiny.dropout},
            {"attention_probs_dropout_prob", tiny.dropout},
            {"initializer_range", tiny.initializerRange}};
}

inline ModelConfig tinyConfig(const TinyBert& tiny = {})
{
    return modelConfigFromJson(configDocument(tiny), "config.json");
}

template <class T>
std::unique_ptr<LanguageModel<T>> tinyModel(const TinyBert& tiny = {},
                                            TaskType task = TaskType::SequenceClassification,
                                            std::int64_t labels = 3, std::uint64_t seed = 5)
{
    auto model = createModel<T>(tinyConfig(tiny), task, labels, seed);
    for (std::int64_t label = 0; label < labels; ++label)
        model->labelNames.push_back("label " + std::to_string(label));
    return model;
}

/// Sequences of the given lengths with random tokens; class labels count up, token labels repeat the tokens
/// at every second place.
inline Batch randomBatch(const std::vector<int>& lengths, TaskType task, const TinyBert& tiny = {},
                         int labels = 3)
{
    Rng rng(11, "batch");
    Batch batch;
    batch.sequenceOffsets.push_back(0);
    for (std::size_t s = 0; s < lengths.size(); ++s) {
        for (int t = 0; t < lengths[s]; ++t) {
            batch.inputIds.push_back(
                static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(tiny.vocabulary))));
            batch.tokenTypeIds.push_back(t > lengths[s] / 2);
            if (task == TaskType::MaskedLm)
                batch.tokenLabels.push_back(t % 2 == 0 ? batch.inputIds.back() : ignoredLabel);
        }
        batch.sequenceOffsets.push_back(static_cast<std::int32_t>(batch.inputIds.size()));
        batch.exampleIndex.push_back(static_cast<std::uint32_t>(s));
        if (task == TaskType::SequenceClassification)
            batch.classLabels.push_back(static_cast<std::int32_t>(s) % labels);
    }
    return batch;
}

/// Rows of ragged length whose class is the token after the first: easy to learn.
inline TokenizedDataset learnableDataset(std::size_t rows, int labels = 3, const TinyBert& tiny = {})
{
    Rng rng(23, "dataset");
    TokenizedDataset dataset;
    for (std::size_t row = 0; row < rows; ++row) {
        TokenizedExample example;
        example.classLabel = static_cast<std::int32_t>(row) % labels;
        example.inputIds = {1, 2 + example.classLabel};
        const std::size_t more = 1 + rng.below(7);
        for (std::size_t i = 0; i < more; ++i)
            example.inputIds.push_back(
                static_cast<std::int32_t>(5 + rng.below(static_cast<std::uint64_t>(tiny.vocabulary - 5))));
        example.tokenTypeIds.assign(example.inputIds.size(), 0);
        dataset.examples.push_back(std::move(example));
    }
    for (int label = 0; label < labels; ++label)
        dataset.labelNames.push_back("label " + std::to_string(label));
    dataset.source = "made for a test";
    return dataset;
}

} // namespace lora::test
