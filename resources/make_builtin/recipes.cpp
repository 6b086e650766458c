#include "resources/make_builtin/pretraining.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace lora::builtin {
namespace {

using Json = nlohmann::json;

Json encoderDocument()
{
    return {{"model",
             {{"model_type", "bert"},
              {"hidden_size", 128},
              {"num_hidden_layers", 4},
              {"num_attention_heads", 4},
              {"intermediate_size", 512},
              {"max_position_embeddings", 128}}},
            {"tokenizer", {{"type", "wordpiece"}, {"vocab_size", 1600}}},
            {"data", {{"max_length", 128}}},
            {"training",
             {{"max_steps", 4000},
              {"per_device_train_batch_size", 64},
              {"learning_rate", 2e-3},
              {"adam_beta2", 0.98}, // a short run: the variance estimate has to follow quickly
              {"weight_decay", 0.01}}}};
}

Json decoderDocument()
{
    return {{"model",
             {{"model_type", "llama"},
              {"hidden_size", 128},
              {"num_hidden_layers", 4},
              {"num_attention_heads", 4},
              {"num_key_value_heads", 2},
              {"intermediate_size", 352},
              {"max_position_embeddings", 256}}},
            {"tokenizer", {{"type", "bpe"}, {"vocab_size", 1800}}},
            {"data", {{"max_length", 128}}},
            {"training",
             {{"max_steps", 2400},
              {"per_device_train_batch_size", 16},
              {"learning_rate", 3e-3},
              {"adam_beta2", 0.98},
              {"weight_decay", 0.01}}}};
}

} // namespace

const ModelRecipe& encoderRecipe()
{
    static const ModelRecipe recipe{
        "encoder", 200'000, {}, 1, false, "there is no pooler in the file: a classifier initialises it"};
    return recipe;
}

const ModelRecipe& decoderRecipe()
{
    static const ModelRecipe recipe{
        "decoder", 60'000, {0.4, 0.15},
        5,         true,   "trained on plain text alone: it follows no instructions yet"};
    return recipe;
}

Json pretrainingDocument(const ModelRecipe& recipe, const PretrainingOptions& options)
{
    Json document = recipe.name == "encoder" ? encoderDocument() : decoderDocument();
    document["name"] = recipe.name;
    document["data"]["train"] = "texts/train.jsonl";
    document["data"]["eval"] = "texts/eval.jsonl";
    Json& training = document["training"];
    if (options.steps > 0)
        training["max_steps"] = options.steps;
    if (options.learningRate > 0)
        training["learning_rate"] = options.learningRate;
    training["eval_steps"] = std::max<std::int64_t>(training["max_steps"].get<std::int64_t>() / 8, 1);
    training["load_best_model_at_end"] = false;
    training["seed"] = options.seed;
    training["threads"] = options.threads;
    return document;
}

} // namespace lora::builtin
