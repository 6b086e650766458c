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
    std::string family = "bert";
    nlohmann::ordered_json more = nlohmann::ordered_json::object(); ///< keys of config.json that win
};

/// config.json in the family's own names.
inline nlohmann::ordered_json configDocument(const TinyBert& tiny)
{
    using Json = nlohmann::ordered_json;
    Json document;
    if (tiny.family == "gpt2")
        document = {{"n_embd", tiny.hidden},
                    {"n_layer", tiny.layers},
                    {"n_head", tiny.heads},
                    {"n_inner", tiny.intermediate},
                    {"n_positions", tiny.positions},
                    {"resid_pdrop", tiny.dropout},
                    {"attn_pdrop", tiny.dropout},
                    {"layer_norm_epsilon", 1e-5},
                    {"activation_function", "gelu_new"}};
    else if (tiny.family == "gpt_neo")
        document = {{"hidden_size", tiny.hidden},
                    {"num_layers", tiny.layers},
                    {"num_heads", tiny.heads},
                    {"intermediate_size", tiny.intermediate},
                    {"max_position_embeddings", tiny.positions},
                    {"window_size", 3},
                    {"resid_dropout", tiny.dropout},
                    {"attention_dropout", tiny.dropout},
                    {"activation_function", "gelu_new"}};
    else if (tiny.family == "distilbert")
        document = {{"dim", tiny.hidden},
                    {"n_layers", tiny.layers},
                    {"n_heads", tiny.heads},
                    {"hidden_dim", tiny.intermediate},
                    {"max_position_embeddings", tiny.positions},
                    {"dropout", tiny.dropout},
                    {"attention_dropout", tiny.dropout},
                    {"seq_classif_dropout", tiny.dropout}};
    else
        document = {{"hidden_size", tiny.hidden},
                    {"num_hidden_layers", tiny.layers},
                    {"num_attention_heads", tiny.heads},
                    {"intermediate_size", tiny.intermediate},
                    {"max_position_embeddings", tiny.positions},
                    {"attention_dropout", tiny.dropout}};
    const bool isBertLike = tiny.family == "bert" || tiny.family == "roberta" || tiny.family == "albert" ||
                            tiny.family == "electra";
    if (isBertLike) {
        document.erase("attention_dropout");
        document.update(Json{{"type_vocab_size", 2},
                             {"hidden_act", tiny.activation},
                             {"layer_norm_eps", 1e-5},
                             {"hidden_dropout_prob", tiny.dropout},
                             {"attention_probs_dropout_prob", tiny.dropout}});
    }
    document.update(Json{{"model_type", tiny.family},
                         {"architectures", {tiny.family == "bert" ? "BertForSequenceClassification" : ""}},
                         {"vocab_size", tiny.vocabulary},
                         {"initializer_range", tiny.initializerRange}});
    document.update(tiny.more);
    return document;
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

/// Sequences of the given lengths with random tokens and labels of the task: classes count up, token labels
/// stand at every second place, one sequence or target in some has none.
inline Batch randomBatch(const std::vector<int>& lengths, TaskType task, const TinyBert& tiny = {},
                         int labels = 3)
{
    Rng rng(11, "batch");
    Batch batch;
    batch.sequenceOffsets.push_back(0);
    for (std::size_t s = 0; s < lengths.size(); ++s) {
        for (int t = 0; t < lengths[s]; ++t) {
            const auto id = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(tiny.vocabulary)));
            batch.inputIds.push_back(id);
            batch.tokenTypeIds.push_back(t > lengths[s] / 2);
            if (task == TaskType::MaskedLm)
                batch.tokenLabels.push_back(t % 2 == 0 ? id : ignoredLabel);
            if (task == TaskType::CausalLm)
                batch.tokenLabels.push_back(
                    t + 1 < lengths[s] ? (id * 5 + 3) % static_cast<int>(tiny.vocabulary) : ignoredLabel);
            if (task == TaskType::TokenClassification)
                batch.tokenLabels.push_back(t % 2 == 0 ? (id + t) % labels : ignoredLabel);
        }
        batch.sequenceOffsets.push_back(static_cast<std::int32_t>(batch.inputIds.size()));
        batch.exampleIndex.push_back(static_cast<std::uint32_t>(s));
        const auto index = static_cast<std::int32_t>(s);
        if (task == TaskType::SequenceClassification)
            batch.classLabels.push_back(index % labels);
        if (task == TaskType::MultiLabelClassification) {
            batch.targetsPerSequence = labels;
            for (int label = 0; label < labels; ++label)
                batch.targets.push_back(static_cast<float>((index + label) % 2));
        }
        if (task == TaskType::Regression) {
            batch.targetsPerSequence = 1;
            batch.targets.push_back(0.7f * static_cast<float>(index) - 1);
        }
        if (task == TaskType::QuestionAnswering) {
            batch.startPositions.push_back(index % lengths[s]);
            batch.endPositions.push_back(lengths[s] - 1);
        }
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
