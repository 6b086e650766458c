#pragma once

#include "resources/make_builtin/corpus.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora::builtin {

struct PretrainingOptions
{
    std::uint64_t seed = 1;
    std::size_t heldOutTexts = 400; ///< for the loss on text not trained on
    std::int64_t steps = 0;           ///< 0: as the recipe says
    double learningRate = 0;          ///< 0: as the recipe says
    int threads = 0;                  ///< 0: one per core
};

/// What a built-in model is made of: the number of texts to train on and a pretraining file as
/// `lora-workbench-cli pretrain` reads it, whose data are the files texts/train.jsonl and texts/eval.jsonl
/// beside it.
struct ModelRecipe
{
    std::string name; ///< folder under models/
    std::size_t texts = 0;
    TextMix mix;
    int longestDocument = 1;      ///< texts that may stand together, one a line, as one document
    bool isHalfPrecision = false; ///< weights are kept as F16
    std::string note;             ///< for the record
};

const ModelRecipe& encoderRecipe();
const ModelRecipe& decoderRecipe();
nlohmann::json pretrainingDocument(const ModelRecipe& recipe, const PretrainingOptions& options);

/// Writes texts and pretraining file into a work folder beside `folder`, pretrains by the core's own path,
/// and puts the model in `folder` as a Hugging Face folder with pretraining.json (settings and losses) whole
/// or not at all.
void pretrainModel(const std::filesystem::path& folder, const ModelRecipe& recipe,
                   const std::vector<std::string>& texts, const std::vector<std::string>& heldOut,
                   const PretrainingOptions& options);

} // namespace lora::builtin
