#pragma once

#include "core/config/experiment_config.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lora {

enum class VocabularyKind {
    WordPiece, ///< "wordpiece": lower-cased words and their pieces, as BERT has them
    Bpe        ///< "bpe": pieces of bytes, as GPT-2 and Llama 3 have them; every text can be written
};

std::string_view toString(VocabularyKind kind);

/// How a new model gets its tokenizer: one that there is, or a vocabulary learnt from the training text.
struct VocabularyPlan
{
    std::optional<std::string> folder; ///< wins over all the rest
    VocabularyKind kind = VocabularyKind::WordPiece;
    int size = 8000; ///< pieces, special tokens included; fewer when the text has no more
    int minFrequency = 2;
};

/// A new model and how it is trained; read from the file of `lora-workbench-cli pretrain`.
struct PretrainingConfig
{
    nlohmann::ordered_json
        model; ///< config.json but for vocab_size and token ids, which the tokenizer decides
    VocabularyPlan vocabulary;
    ExperimentConfig
        experiment; ///< full training of the new model; `experiment.model` is set when it has a folder
};

/// The keys of config.json a pretraining file may set for a family, with their defaults.
struct FamilyKeys
{
    std::string family;
    TaskType task;             ///< what it is trained for unless the file says otherwise
    VocabularyKind vocabulary; ///< likewise
    nlohmann::ordered_json defaults;
};

/// The families a new model can be made of.
const std::vector<FamilyKeys>& pretrainingFamilies();

/// Collects every problem in `issues`; relative paths are resolved against `baseDirectory`.
PretrainingConfig pretrainingFromJson(const nlohmann::json& document,
                                      const std::filesystem::path& baseDirectory, ConfigIssues& issues);

/// Reads a file and applies `key.path=value` overrides; throws lora::Error (BadUsage) that lists all problems
/// at once.
PretrainingConfig loadPretraining(const std::filesystem::path& file,
                                  const std::vector<std::string>& overrides = {});

} // namespace lora
