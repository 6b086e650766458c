#include "app/cli/pretrain_help.h"

#include "core/base/display_text.h"
#include "core/config/experiment_paths.h"
#include "core/config/number_range.h"
#include "core/experiment/pretraining_config.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lora::app {

namespace {

constexpr std::size_t keyColumns = 44;

std::string line(const std::string& key, const std::string& text)
{
    return besideLabel("  " + key, text, keyColumns) + "\n";
}

std::string sharedLines(const std::string& section)
{
    const nlohmann::ordered_json defaults = toJson(ExperimentConfig{});
    std::string text;
    for (const std::string& path : experimentPaths()) {
        if (!path.starts_with(section))
            continue;
        std::string pointer = "/" + path;
        std::ranges::replace(pointer, '.', '/');
        const nlohmann::ordered_json& value = defaults[nlohmann::ordered_json::json_pointer(pointer)];
        const NumberRange* range = numberRange(path);
        const std::string shown = path == "data.train" ? "(required)" : value.dump();
        if (!value.is_object() || value.empty())
            text += line(path, shown + (range ? "; " + range->text() : ""));
    }
    return text;
}

std::string modelLines()
{
    std::vector<std::string> names;
    std::string text;
    for (const FamilyKeys& family : pretrainingFamilies()) {
        names.push_back(family.family);
        text += fmt::format("Model keys of {} ({}, {}), named as in its config.json:\n", family.family,
                            toString(family.task), toString(family.vocabulary));
        for (const auto& [key, value] : family.defaults.items())
            text += line("model." + key, value.dump());
    }
    return line("model.model_type", fmt::format("(required); {}", fmt::join(names, ", "))) + text;
}

} // namespace

std::string pretrainingHelp()
{
    const VocabularyPlan vocabulary;
    return "Keys of a pretraining file and their defaults:\n" + line("name", "\"\"") +
           line("task.type", "masked-lm for encoders, causal-lm for decoders") +
           line("tokenizer", "as below, or the path of a folder that has one") +
           line("tokenizer.type", "by family; wordpiece or bpe") +
           line("tokenizer.vocab_size", fmt::format("{}; pieces, special tokens included", vocabulary.size)) +
           line("tokenizer.min_frequency",
                fmt::format("{}; rarer pairs are not joined", vocabulary.minFrequency)) +
           sharedLines("data.") + sharedLines("training.") +
           line("model", "as below, or the path of a config.json of any supported family") + modelLines() +
           "data.train is a text file with one text a line, or a table with a text column.\n"
           "Paths are relative to the pretraining file. The run folder gets start/ (the new\n"
           "model before its first step), the run's records and model/, a Hugging Face\n"
           "folder. A run that was stopped goes on with train --resume.";
}

} // namespace lora::app
